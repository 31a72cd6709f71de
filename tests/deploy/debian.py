"""What a Debian machine brings: nginx's own files, and stand-ins for commands that change it."""

# What Debian 12 installs, without the comments.
NGINX = """\
user www-data;
worker_processes auto;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log;
include /etc/nginx/modules-enabled/*.conf;

events {
\tworker_connections 768;
}

http {
\tsendfile on;
\ttcp_nopush on;
\ttypes_hash_max_size 2048;
\tinclude /etc/nginx/mime.types;
\tdefault_type application/octet-stream;
\tssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; # Dropping SSLv3, ref: POODLE
\tssl_prefer_server_ciphers on;
\taccess_log /var/log/nginx/access.log;
\tgzip on;
\tinclude /etc/nginx/conf.d/*.conf;
\tinclude /etc/nginx/sites-enabled/*;
}
"""
DEFAULT_SITE = """\
server {
\tlisten 80 default_server;
\tlisten [::]:80 default_server;
\troot /var/www/html;
\tindex index.html;
\tserver_name _;
\tlocation / {
\t\ttry_files $uri $uri/ =404;
\t}
}
"""

WRITES_DOWN = """#!/bin/sh
echo "$(basename "$0") $*" >> {root}/did
"""
STAND_INS = {
    "apt-get": "",
    "chown": "",
    "ufw": "",
    "sysctl": "",
    "journalctl": "",
    "useradd": "echo vroum:x:999:999::/var/lib/vroum:/usr/sbin/nologin >> {root}/etc/passwd",
    "setpriv": 'while case $1 in --*) ;; *) false ;; esac; do shift; done\nexec "$@"',
    "curl": 'exec {curl} -k --connect-to "::127.0.0.1:{https}" "$@"',
    # certbot shows a file to the authority, which fetches it by plain HTTP.
    "certbot": """
    while [ $# -gt 1 ]; do
        case $1 in -w) web=$2 ;; -d) name=$2 ;; esac
        shift
    done
    mkdir -p "$web/.well-known/acme-challenge" {root}/etc/letsencrypt/live/$name
    echo proof > "$web/.well-known/acme-challenge/token"
    {curl} -sSf --connect-to "::127.0.0.1:{http}" "http://$name/.well-known/acme-challenge/token"
    cp {root}/etc/vroum/self-signed/*.pem {root}/etc/letsencrypt/live/$name""",
    "systemctl": 'exec {python} {root}/bin/.ask systemctl "$@"',
    "nginx": 'exec {python} {root}/bin/.ask nginx "$@"',
}
ASK = """import sys
from multiprocessing.connection import Client
with Client("{root}/bin/.door") as line:
    line.send(sys.argv[1:])
    code, said = line.recv()
sys.exit(said if code else 0)
"""
