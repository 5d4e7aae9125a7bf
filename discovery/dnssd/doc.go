// Package dnssd looks for services that devices announce themselves: DNS-Based Service Discovery (RFC 6763) over Multicast
// DNS (RFC 6762), on one link.
//
// [Browse] asks and listens; what it knows is in a machine without sockets or a clock, which takes records in any order and
// over any number of packets, and lets go of them as their lifetime ends or their owner says goodbye.
//
// The codec is this package's own because what DNS-SD needs is what DNS libraries make hard: names of instances are one label
// of free text, with dots and blanks (RFC 6763 §4.1.1), which golang.org/x/net/dns/dnsmessage refuses; and of a packet
// with a mistake, what comes before it is still read. Browsers that exist as libraries do not tell by which interface an
// instance was found, without which a link-local address is none.
package dnssd
