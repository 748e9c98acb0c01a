# The reader's account, the greeting, and where modules are found.

# One user id is all this namespace has: useradd fails, since it also writes files of the group `shadow`.
echo 'reader:x:1000:1000:Reader,,,:/home/reader:/bin/bash' >> /etc/passwd
echo 'reader:x:1000:' >> /etc/group
mkdir -p /home/reader
echo login1 > /etc/hostname

cat > /etc/motd <<'END'

  Welcome to login1.

  Software:     module avail
  Your files:   /home/reader
  Please do not run long computations on this node.

END

# Only the cluster's own tree, not the examples of the package (dot, null, module-git).
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

# Filled by docwalk, as /etc/pip.conf is: where uv finds packages in an instance.
mkdir -p /etc/uv
: > /etc/uv/uv.toml
