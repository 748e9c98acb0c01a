"""One issue for each page that fails: records to texts, texts to what a tracker needs to be told."""
