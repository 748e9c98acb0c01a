# TensorFlow for CPUs, as a module.

cp -r /srv/build/modulefiles/libs/python3.11/tensorflow /opt/apps/modulefiles/libs/python3.11/
. /etc/profile.d/modules.sh
. /srv/build/layers/library/install.sh

install_library python3.11 tensorflow 2.21.0
python3 -c 'import tensorflow; assert tensorflow.reduce_sum(tensorflow.ones(2)) == 2'
