#!/bin/sh
# Finishes a root file system whose packages were unpacked but never configured (no program of it has run, so it may
# be for any processor). Called by mmdebstrap with the root as its argument.
set -eu
root=$1

for name in sh sed cat chmod cp echo printf env id ls mkdir mv printenv ps rm sleep sort tail test true uname wget; do
    [ -e "$root/bin/$name" ] || [ -e "$root/usr/bin/$name" ] || ln -s busybox "$root/bin/$name"
done

# What the package ca-certificates does when it is configured.
mkdir -p "$root/etc/ssl/certs"
cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
mkdir -p "$root/usr/lib/ssl"
ln -sf /etc/ssl/certs/ca-certificates.crt "$root/usr/lib/ssl/cert.pem"

cat >"$root/etc/passwd" <<END
root:x:0:0:root:/root:/bin/sh
ma-user:x:1000:100::/home/ma-user:/bin/sh
aiapp:x:65532:65532::/nonexistent:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/bin/sh
END
cat >"$root/etc/group" <<END
root:x:0:
users:x:100:
HwHiAiUser:x:1000:
aiapp:x:65532:
nogroup:x:65534:
END

# Which packages are in it, for whoever looks for known weaknesses: nothing else says so where none is configured.
mkdir -p "$root/var/lib/dpkg"
for deb in "$root"/var/cache/apt/archives/*.deb; do
    dpkg-deb -f "$deb" Package Version Architecture Source
    printf 'Status: install ok installed\n\n'
done >"$root/var/lib/dpkg/status"

mkdir -p "$root/home/ma-user"
chown 1000:100 "$root/home/ma-user"
rm -rf "$root"/usr/share/doc "$root"/usr/share/man "$root"/usr/share/locale "$root"/var/lib/apt/lists
