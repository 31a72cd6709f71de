#!/bin/sh
# Installs Vroum on Debian or Ubuntu; a second time mends what is missing and changes nothing else.
#
#     vroum-1.0/deploy/install.sh vroum-1.0.tar.gz vroum.example.org
#
# as root, with an archive of `make release` and the name of the site. docs/deploy.md has the rest.
# For tests, VROUM_ROOT is a folder to take for /, and the commands that would change the machine are
# taken from its bin/.

set -eu
umask 022

if [ $# -ne 2 ]; then
    echo "Usage: install.sh vroum-<release>.tar.gz <name of the site>" >&2
    exit 2
fi
archive=$1 name=$2
case $name in
    *[!a-z0-9.-]* | .* | -* | '') echo "A name like vroum.example.org, please, not: $name" >&2; exit 2 ;;
esac
here=$(dirname "$(readlink -f "$0")")
root=${VROUM_ROOT:-}
if [ ! -d "$root/etc/nginx/sites-enabled" ]; then
    echo "nginx is missing: apt-get install nginx" >&2
    exit 1
fi
machine() { "${root:+$root/bin/}$@"; }

# A user that owns the data and nothing else. The code is root's, so Vroum cannot change it.
grep -q '^vroum:' "$root/etc/passwd" ||
    machine useradd --system --user-group --home-dir /var/lib/vroum --shell /usr/sbin/nologin vroum

mkdir -p "$root/srv/vroum/releases" "$root/srv/vroum/venvs" "$root/etc/vroum/credentials" \
    "$root/var/lib/vroum" "$root/var/backups/vroum" "$root/var/www/vroum"
chmod 700 "$root/etc/vroum/credentials" "$root/var/lib/vroum" "$root/var/backups/vroum"
machine chown vroum:vroum "$root/var/lib/vroum" "$root/var/backups/vroum"

# The settings of the service: yours to edit, then `systemctl restart vroum`.
settings=$root/etc/vroum/settings
[ -e "$settings" ] || (
    umask 077
    cat > "$settings" <<END
MYAPP_STORE_URL=tinydb:$root/var/lib/vroum
WEB_CONCURRENCY=2
END
)

# A phone that vanished is noticed in one minute instead of fifteen.
echo 'net.ipv4.tcp_retries2 = 7' > "$root/etc/sysctl.d/60-vroum.conf"
machine sysctl -q -p "$root/etc/sysctl.d/60-vroum.conf"

# The release: unpacked, tried, and serving.
"$here/update" "$archive"
machine systemctl enable vroum.socket vroum.service
ln -sfn "$root/srv/vroum/current/deploy/vroum" "$root/usr/local/bin/vroum"

# nginx needs a certificate before certbot can fetch one through it. This one is for that long.
tls=$root/etc/vroum/tls
if [ ! -e "$tls/fullchain.pem" ]; then
    mkdir -p -m 700 "$root/etc/vroum/self-signed"
    openssl req -x509 -nodes -newkey rsa:2048 -days 3650 -subj "/CN=$name" \
        -keyout "$root/etc/vroum/self-signed/privkey.pem" \
        -out "$root/etc/vroum/self-signed/fullchain.pem" 2> /dev/null
    ln -sfn self-signed "$tls"
fi

# The site. An edited one stays as it is.
site=$root/etc/nginx/sites-available/vroum
[ -e "$site" ] || sed "s/vroum\.example\.org/$name/" "$here/nginx.conf" > "$site"
ln -sfn ../sites-available/vroum "$root/etc/nginx/sites-enabled/vroum"
machine nginx -t -q
machine systemctl reload nginx

echo "Vroum is installed, for http://$name and https://$name"
