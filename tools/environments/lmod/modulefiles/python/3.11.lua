help([[
Python 3.11 with pip.

Libraries for it are modules of their own:  module avail libs/python3.11
What you install yourself goes to your home:  pip install --user PACKAGE
]])
whatis("Python 3.11 with pip")
family("python")
prepend_path("PATH", "/opt/apps/python/3.11/bin")
prepend_path("MODULEPATH", "/opt/apps/lmod/python3.11")
