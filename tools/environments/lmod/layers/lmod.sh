# Lmod in the place of Environment Modules; Debian lets only one of them be installed.

dpkg --purge environment-modules
dpkg --install /srv/build/debs/*.deb

# The hierarchy: Python first, then what is built for it. The libraries' modulefiles are those of the tree
# below, whose names are the same in both.
tree=/opt/apps/lmod
mkdir -p $tree/Core
cp -r /srv/build/modulefiles/python $tree/Core/
for version in 3.11 3.9; do
    mkdir -p $tree/python$version/libs
    ln -s /opt/apps/modulefiles/libs/python$version $tree/python$version/libs/python$version
done
echo $tree/Core > /etc/lmod/modulespath

# Lists go by as on most clusters, and wait for nobody: Debian's Lmod would show them in `more`.
echo 'export LMOD_PAGER=none' > /etc/profile.d/lmod-pager.sh
echo 'setenv LMOD_PAGER none' > /etc/csh/cshrc.d/lmod-pager
echo 'set -gx LMOD_PAGER none' > /etc/fish/conf.d/lmod-pager.fish

# bash and dash find `module` in Debian's /etc/profile.d/lmod.sh; the others have it in each interactive shell.
rm -f /etc/fish/conf.d/modules.fish
sed -i '\|/usr/share/modules/init|d' /etc/zsh/zshrc
cat >> /etc/zsh/zshrc <<'END'
export LMOD_PAGER=none
export MODULEPATH=${MODULEPATH:-/opt/apps/lmod/Core}
source /usr/share/lmod/lmod/init/zsh
END
cat > /etc/csh/cshrc.d/lmod <<'END'
if ( ! $?MODULEPATH ) setenv MODULEPATH /opt/apps/lmod/Core
source /usr/share/lmod/lmod/init/csh
END
cat > /etc/fish/conf.d/lmod.fish <<'END'
set -q MODULEPATH; or set -gx MODULEPATH /opt/apps/lmod/Core
source /usr/share/lmod/lmod/init/fish
END

sed -i 's|^  Software:     module avail$|  Software:     module avail, module spider|' /etc/motd
