#!/bin/sh -e
false
echo not reached
