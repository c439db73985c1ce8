#!/bin/sh
# Has a person greeted, over HTTP by curl: WINDLASS_API=… WINDLASS_TOKEN=… greet_curl.sh PERSON
#
# What was not answered is sent again (--retry): the key makes one job of any number of requests. The token goes in by
# standard input: a command line is for everybody to see.
set -eu
curl --silent --show-error --fail-with-body --max-time 20 --retry 5 --retry-connrefused --header @- \
    --json "{\"kind\": \"greet\", \"args\": {\"person_id\": $1}, \"key\": \"greet:$1\"}" "$WINDLASS_API/v1/jobs" <<HEADERS
authorization: Bearer $WINDLASS_TOKEN
HEADERS
echo
