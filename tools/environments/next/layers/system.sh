# The reader's account, the greeting, and where modules are found.

echo 'reader:x:1000:1000:Reader,,,:/home/reader:/bin/bash' >> /etc/passwd
echo 'reader:x:1000:' >> /etc/group
mkdir -p /home/reader
echo login1 > /etc/hostname

cat > /etc/motd <<'END'

  Welcome to login1, on trial with the next system.

  Software:     module avail
  Your files:   /home/reader

END

mkdir -p /opt/apps/modulefiles
cat > /etc/environment-modules/initrc <<'END'
#%Module5.0
module use --append {/opt/apps/modulefiles}
# What a module requires is said, and loaded by the user.
module config auto_handling 0
END
rm -f /etc/environment-modules/modulespath

# bash and tcsh find `module` by Debian's own files; login shells of zsh and fish do not.
echo 'source /usr/share/modules/init/zsh' >> /etc/zsh/zshrc
echo 'source /usr/share/modules/init/fish' > /etc/fish/conf.d/modules.fish
