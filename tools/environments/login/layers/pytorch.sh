# PyTorch for CPUs, as a module.

cp -r /srv/build/modulefiles/libs/python3.11/pytorch /opt/apps/modulefiles/libs/python3.11/
. /etc/profile.d/modules.sh
. /srv/build/layers/library/install.sh

# The wheel itself, for those who install it for themselves: the package index has it for GPUs only.
mkdir -p /opt/apps/wheels
/opt/apps/python/3.11/bin/pip download --no-deps --only-binary :all: --dest /opt/apps/wheels torch==2.13.0+cpu

install_library python3.11 pytorch 2.13.0
python3 -W error -c 'import torch; assert torch.ones(2).sum() == 2'
