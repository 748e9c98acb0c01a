# What all modules of Python libraries do; sourced by libs/pythonX.Y/NAME/VERSION, which sets
#   summary  one line about the library
#   needs    modules of other libraries it imports; they are loaded with it

lassign [split [module-info name] /] -> python name version
set prefix /opt/apps/libs/$python/$name/$version

proc ModulesHelp {} {
    global name version python summary prefix
    puts stderr "$name $version: $summary.\n"
    puts stderr "Its packages lie in $prefix/lib/$python/site-packages,"
    puts stderr "which this module puts in front of PYTHONPATH.\n"
    puts stderr "Need another version for everybody? Write to support@cluster.example."
}
module-whatis "$name $version: $summary"

conflict libs/$python/$name
prereq [string map {python python/} $python]
foreach each $needs {
    module load $each
}
prepend-path PYTHONPATH $prefix/lib/$python/site-packages
if {[file isdirectory $prefix/bin]} {
    prepend-path PATH $prefix/bin
}
