# The author's account.
echo 'reader:x:1000:1000:Reader,,,:/home/reader:/bin/bash' >> /etc/passwd
echo 'reader:x:1000:' >> /etc/group
mkdir -p /home/reader

# docwalk's dependencies; a folder and an entry point for docwalk itself.
python3 -m venv /opt/docwalk
/opt/docwalk/bin/pip install --requirement /srv/build/requirements.txt
site=/opt/docwalk/lib/python3.11/site-packages
mkdir "$site/docwalk" "$site/docwalk-0.dist-info"
printf 'Metadata-Version: 2.1\nName: docwalk\nVersion: 0\n' > "$site/docwalk-0.dist-info/METADATA"
printf '[pytest11]\ndocwalk = docwalk.pytest_plugin\n' > "$site/docwalk-0.dist-info/entry_points.txt"
cat > /opt/docwalk/bin/docwalk <<'END'
#!/opt/docwalk/bin/python3
from docwalk.cli import main

main()
END
chmod 755 /opt/docwalk/bin/docwalk
for name in docwalk sphinx-build nox; do ln -s "/opt/docwalk/bin/$name" /usr/local/bin/; done

# A project to begin with, for pages that are about one.
cp -r /srv/build/example /opt/example

# Where environments are found, and where sandboxes keep what they change.
mkdir /var/cache/docwalk /scratch
echo 'export DOCWALK_CACHE_DIR=/scratch/docwalk' > /etc/profile.d/docwalk.sh
