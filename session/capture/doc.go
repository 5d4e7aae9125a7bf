// Package capture reads and writes capture files, pcap and pcapng, and reads what people paste.
//
// [Read] takes the CoAP messages out of a file as frames for the trace: over Ethernet with or without
// VLAN tags, Linux cooked captures, loopback, or bare IP; IPv4 and IPv6, put together from fragments; UDP
// datagrams, and messages cut out of TCP streams and WebSockets (RFC 8323). What it does not take it counts by
// reason. A damaged file gives everything before the damage, and an error that says at which byte and why.
//
// [Write] writes frames as pcapng with nanoseconds, so that Wireshark reads what the program saw. A [Recorder] writes them
// while they come, so that the file can be read whenever the program ends, however suddenly.
//
// [ReadText] reads messages from hex, base64, source code, hex dumps and the log of libcoap.
//
// Files are framed by this package itself rather than by pcapgo, whose readers know no offset and can be
// made to panic or to allocate gigabytes by a damaged file. TCP is put together by this package too, because the
// reassembly of gopacket does not bound what waits.
package capture
