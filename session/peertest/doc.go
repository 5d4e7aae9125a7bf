// Package peertest finds the programs of others that tests talk to and compare with, beyond those that a system has
// anyway: .ci/peers brings them, into a cache of the user. Its own tests let these programs talk to each other, record what
// goes over loopback, and hold what this program makes of it against what tshark does.
package peertest
