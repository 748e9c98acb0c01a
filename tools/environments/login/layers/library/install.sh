# install_library PYTHON NAME VERSION
#
# Fills /opt/apps/libs/PYTHON/NAME/VERSION with exactly what requirements/libs/PYTHON/NAME.txt lists, and checks
# that this, with the modules which the library's modulefile loads, is complete. Nothing is resolved: pip would
# replace in their own prefixes what other modules bring.
install_library() {
    local python=$1 name=$2 version=$3
    local prefix=/opt/apps/libs/$python/$name/$version
    mkdir -p "$prefix/lib/$python/site-packages"
    module purge
    module load "${python/python/python/}" "libs/$python/$name/$version"
    python3 -m pip install --prefix "$prefix" --no-deps --ignore-installed --no-compile \
        --requirement "/srv/build/requirements/libs/$python/$name.txt"
    python3 -m pip check
    # What is for developers of the libraries themselves.
    find "$prefix/lib" -depth -type d -name tests -prune -exec rm -r {} +
    find "$prefix/lib" -type f \( -name '*.pyi' -o -name '*.a' \) -delete
    rm -rf "$prefix/lib/$python/site-packages"/{torch,tensorflow}/include
    python3 -m compileall -q -j 2 "$prefix/lib" || true  # some ship templates that are no Python
}
