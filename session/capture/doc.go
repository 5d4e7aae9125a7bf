// Package capture reads and writes capture files: pcap and pcapng.
//
// [Read] takes the CoAP datagrams out of a file as frames for the trace: over Ethernet with or without
// VLAN tags, Linux cooked captures, loopback, or bare IP; IPv4 and IPv6, put together from fragments.
// What it does not take it counts by reason. A damaged file gives everything before the damage, and an
// error that says at which byte and why.
//
// [Write] writes frames as pcapng with nanoseconds, so that Wireshark reads what the program saw.
//
// Files are framed by this package itself rather than by pcapgo, whose readers know no offset and can be
// made to panic or to allocate gigabytes by a damaged file.
package capture
