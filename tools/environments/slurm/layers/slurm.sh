# Slurm and munge from Debian's packages, unpacked: their scripts would start daemons and ask questions.

# (`dpkg-deb --extract` would put a folder in the place of the link /lib.)
for deb in debs/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar --extract --keep-directory-symlink --no-overwrite-dir -C /
done

# The accounts their scripts would make, with the numbers Debian gives to nobody else here.
cat >> /etc/passwd <<'END'
munge:x:201:201::/nonexistent:/usr/sbin/nologin
slurm:x:202:202:Slurm:/nonexistent:/usr/sbin/nologin
END
cat >> /etc/group <<'END'
munge:x:201:
slurm:x:202:
END
for name in slurmctld slurmd slurmstepd; do ln -s "$name-wlm" "/usr/sbin/$name"; done

# A key for each build is enough: it opens nothing but instances of this environment.
install -d -o 201 -g 201 -m 700 /etc/munge /var/lib/munge /var/log/munge
head -c 1024 /dev/urandom > /etc/munge/munge.key
chown 201:201 /etc/munge/munge.key
chmod 400 /etc/munge/munge.key
install -d -o 202 -g 202 -m 755 /var/log/slurm /var/spool/slurmctld
install -d -m 755 /var/spool/slurmd

install -d -m 755 /etc/slurm
install -m 644 files/slurm.conf files/gres.conf files/cgroup.conf /etc/slurm/

echo node1 > /etc/hostname
cat > /etc/motd <<'END'

  Welcome to node1, a cluster of one node.

  Jobs:         sbatch, srun, squeue, scancel, sinfo
  Software:     module avail
  Your files:   /home/reader

END
