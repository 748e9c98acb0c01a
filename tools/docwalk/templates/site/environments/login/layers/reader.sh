# The reader's account.
echo 'reader:x:1000:1000:Reader,,,:/home/reader:/bin/bash' >> /etc/passwd
echo 'reader:x:1000:' >> /etc/group
mkdir -p /home/reader
