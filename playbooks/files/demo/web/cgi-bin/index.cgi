#!/bin/sh
# The page. BusyBox's httpd runs this for each visitor; the database counts them.
if visitor=$(redis-cli -h database incr visitors); then
  printf 'Content-Type: text/plain\r\n\r\n'
  echo "Hello from $(busybox hostname). You are visitor $visitor, says the database."
else
  printf 'Status: 503\r\nContent-Type: text/plain\r\n\r\n'
  echo "The database does not answer."
fi
