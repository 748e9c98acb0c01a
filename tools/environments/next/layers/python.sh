# Two Python versions and NumPy for both, each in a prefix of its own.
#
# 3.13 is a copy of the one below; 3.11 comes from Debian 12's packages. Both are changed so that nothing of
# Debian's packaging policy is left in them (see python/relocate.py).

apps=/opt/apps
build=/srv/build

mkdir /tmp/debian12
for package in $build/debs/*.deb; do
    dpkg-deb --extract "$package" /tmp/debian12
done

install_python() {  # VERSION ROOT
    local version=$1 root=$2 prefix=$apps/python/$1
    mkdir -p "$prefix/bin" "$prefix/lib"
    cp "$root/usr/bin/python$version" "$prefix/bin/"
    ln -s "python$version" "$prefix/bin/python3"
    ln -s "python$version" "$prefix/bin/python"
    cp -r --no-preserve=ownership "$root/usr/lib/python$version" "$prefix/lib/"
    local library=$prefix/lib/python$version
    find "$prefix" -name __pycache__ -prune -exec rm -r {} +
    # dangling: links into /etc, and what Debian puts there
    rm -rf "$library"/{sitecustomize.py,EXTERNALLY-MANAGED,test,turtledemo,idlelib}
    mkdir -p "$library/site-packages" "$library/ensurepip/_bundled"
    python3 $build/layers/python/relocate.py "$prefix" "$version"
}

install_python 3.13 ""
install_python 3.11 /tmp/debian12
rm $apps/python/3.11/lib/python3.11/lib-dynload/nis.*  # wants a library that Debian 13 has not by itself

for version in 3.13 3.11; do
    prefix=$apps/python/$version
    python=$prefix/bin/python$version
    pins=$build/requirements/python/$version.txt
    python3 -m pip --quiet download --no-deps --only-binary :all: --python-version $version \
        --dest "$prefix/lib/python$version/ensurepip/_bundled" $(grep -E '^(pip|setuptools)==' $pins)
    $python -m ensurepip --default-pip > /dev/null
    $python -m pip install --no-warn-script-location --no-compile --requirement $pins
    # Packages are looked for in the prefix and nowhere else, and every extension module finds its libraries.
    $python -I - <<'END'
import importlib, pathlib, sys, sysconfig
outside = [path for path in sys.path if not path.startswith(sys.prefix)]
assert not outside, outside
assert sysconfig.get_path("purelib") in sys.path, sys.path
assert sysconfig.get_path("purelib").startswith(sys.prefix), sysconfig.get_path("purelib")
for path in pathlib.Path(sysconfig.get_path("stdlib"), "lib-dynload").glob("*.so"):
    name = path.name.split(".")[0]
    if not name.startswith(("_test", "_xx", "_ctypes_test", "_tkinter", "xx")):
        importlib.import_module(name)
END
    site=$apps/libs/python$version/numpy
    numpy=$(sed -n 's/^numpy==//p' $build/requirements/libs/python$version/numpy.txt)
    mkdir -p "$site/$numpy/lib/python$version/site-packages"
    $python -m pip install --prefix "$site/$numpy" --no-deps --ignore-installed --no-compile \
        --requirement $build/requirements/libs/python$version/numpy.txt
    find "$site" -depth -type d -name tests -prune -exec rm -r {} +
    $python -m compileall -q -j 2 "$prefix/lib/python$version" "$site" || true  # templates that are no Python
done

mkdir -p $apps/modulefiles
cp -r $build/modulefiles/. $apps/modulefiles/
. /etc/profile.d/modules.sh
for version in 3.13 3.11; do
    module purge
    module load python/$version libs/python$version/numpy
    python3 -W error -c 'import numpy; assert numpy.ones(2).sum() == 2'
done
