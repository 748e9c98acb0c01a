# Simulated GPUs: a library in place of the driver's, for programs that watch GPUs, and something to watch.

# A small compiler, for this build only: it leaves no trace in the layer.
tools=/tmp/tools
mkdir -p $tools
for package in /srv/build/debs/*.deb; do
    dpkg-deb --extract "$package" $tools
done
library=/usr/lib/x86_64-linux-gnu
$tools/usr/bin/tcc -Wall -Werror -shared -soname libnvidia-ml.so.1 -B$tools$library/tcc \
    -nostdinc -I$tools$library/tcc/include -I$tools/usr/include/x86_64-linux-gnu -I$tools/usr/include \
    -nostdlib -o $library/libnvidia-ml.so.1 /srv/build/layers/gpu/nvml.c $library/libc.so.6
python3 -c 'import ctypes; assert ctypes.CDLL("libnvidia-ml.so.1").nvmlInit_v2() == 9'  # no device here: no driver

install -D -m 644 /srv/build/layers/gpu/gpu.conf /etc/docwalk/gpu.conf
install -m 755 /srv/build/layers/gpu/simulate-gpu-work /usr/local/bin/simulate-gpu-work
