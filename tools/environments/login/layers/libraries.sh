# Python libraries as modules: each in a prefix of its own, found through PYTHONPATH.

cp -r /srv/build/modulefiles/libs /opt/apps/modulefiles/
. /etc/profile.d/modules.sh
. /srv/build/layers/library/install.sh

install_library python3.11 numpy 1.26.4
install_library python3.11 scipy 1.13.1
install_library python3.11 pandas 2.2.3
install_library python3.11 matplotlib 3.8.4
install_library python3.9 numpy 1.24.4
