// Package lab runs virtual CoAP devices on the loopback interface: something to explore for a program without a
// network, and a real peer for tests.
//
// Start opens five devices, different in character: a sensor node, an actuator, a store of large objects, a difficult
// device that does what devices should not, and a plugtest server with the resources of the ETSI CoAP plugtests. Each
// has an IPv4 loopback address of its own (127.0.0.11, 127.0.0.12, …), so that they look like separate hosts, and
// answers All CoAP Nodes (224.0.1.187, RFC 7252 §12.8) on the loopback interface only. Nothing is reachable from, or
// sent to, a network.
//
// # What comes from go-coap
//
// Options, codes and the message encoder are those of github.com/plgd-dev/go-coap/v3, so what the lab puts on the wire
// does not come from the codec that Coapscope itself is made of. The message layer and the block-wise layer are the
// lab's own, since a device that is used to judge a client has to follow the RFCs where go-coap's server does not: it
// answers NON requests with CON, a ping with an ACK, takes a Reset for an acknowledgement, sends each notification once
// only, drops options of illegal length (critical ones too), keys Block1 state by token (libcoap changes the token with
// every block), knows no FETCH, PATCH or iPATCH, and closes a client's state on one malformed datagram.
//
// # What there is to test a client with
//
// Everything of RFC 7959 works on every resource that takes or gives a body: blocks of 16 to 1024 octets, early and late
// negotiation, both directions in one exchange, Request-Tag, Size1 and Size2. store and difficult know Q-Block1 and
// Q-Block2 (RFC 9177), the others reject them with 4.02. Beside what /.well-known/core lists in words:
//
//	livingroom-node  sensors/*          observable, NON with every sixteenth CON; formats by Accept
//	                 sensors/log        48 KiB of text
//	actuator         actuators/led      state with ETag, If-Match; observable, CON
//	                 actuators/lock     PUT 0 or 1 takes a fresh Echo (4.01 with one otherwise); 2.04 brings the next; values
//	                                    are good for 10 s, and stale after a reboot (RFC 9175)
//	                 rules              POST makes a member (Location-Path), PUT, If-None-Match, DELETE (4.04 to observers)
//	store            blobs/1k, 100k, 1m, 10m content known from Blob
//	                 upload             PUT, POST up to 4 MiB, GET it back, upload.sha256; upload/small takes 4 KiB
//	                 mirror             POST, PUT, FETCH, PATCH, iPATCH up to 4 MiB: the body comes back in reverse order
//	                 settings           JSON for FETCH, PATCH, iPATCH
//	                 cache/zero, short, long   Max-Age 0, 1, 3600, with ETag (2.03)
//	                 cache/counter      how often it was asked; Max-Age 60; POST sets it to zero
//	                 any Proxy-Uri, or Proxy-Scheme with Uri-Host and Uri-Port, of a device of the lab, by its address
//	                                    or its name (coap://plugtest/test): forwarded, with Hop-Limit less one (5.08
//	                                    "store" where that is zero); 5.02 for other hosts, 5.05 for other schemes, 4.02
//	                                    for unsafe options, 5.04 where no answer comes
//	                 rd, rd-lookup/ep, rd-lookup/res   a resource directory (RFC 9176), in which the devices of the lab are:
//	                                    registration, simple too (/.well-known/rd), update, removal, pages, criteria,
//	                                    lifetimes from a second on
//	                 tokens of any length (RFC 8974)
//	difficult        block/small        wants blocks of 64 octets both ways; all of block/ have 5,000 octets
//	                 block/shrinking    PUT: wants blocks of 64 octets from the third kilobyte on
//	                 block/hint         PUT: 4.13 with 64 octets in Block1, unless blocks are no larger
//	                 block/amnesia      PUT: forgets what was sent, once (4.08); the next try succeeds, and so on
//	                 block/changing     GET: another ETag from the second block on, once; the next try succeeds, and so on
//	                 block/restless     GET: another ETag in every block
//	                 block/unsized      no Size2, ever
//	                 block/stateless    PUT: every block is written at once and answered 2.04 (M unset)
//	                 echo/preemptive    Echo in a 2.05; tells whether a fresh one came
//	                 echo/once          an Echo value is good for one request
//	                 echo/endless       4.01 with a new Echo value, always
//	                 echo/observed      observable, registered with a fresh Echo value
//	                 echo/upload        PUT in blocks, the first of which needs a fresh Echo value
//	                 limited            one request a second, else 4.29 with Max-Age (RFC 8516)
//	                 busy               5.03 with Max-Age for a second, then one answer, and so on
//	                 obs/steady         a number that changes every second, NON; obs/reordered, obs/stalled
//	                 reboot             POST: as Lab.Reboot
//	                 tokens of more than 64 octets are answered 4.00 (RFC 8974 §2.2.2)
//	                 separate, slow, late, duplicate, no-ack, ack-only, silent, reset; error/*, code/*, malformed/*,
//	                 options/*, wrong-token, wrong-mid, other-port
//	plugtest         the resources of the ETSI CoAP plugtests
//
// livingroom-node, actuator and plugtest answer extended tokens with a Reset, as devices without RFC 8974 do. All know
// No-Response (RFC 7967). livingroom-node ignores silently what it rejects in a NON message; the others send a Reset.
//
// # How a datagram travels
//
//	socket ─▶ link (loss) ─▶ parse ─▶ dedup ─▶ options ─▶ preconditions ─▶ Block1, Q-Block1 ─▶ resource
//	socket ◀─ link (loss, duplicates) ◀─ remember, retransmit ◀─ Block2, Q-Block2 ◀─ observe ◀────┘
//
// A device is one goroutine that reads its socket, and one mutex that guards everything else; handlers never block.
// What takes time (separate responses, leisure, retransmission, drifting values) is scheduled on a Clock, which a test
// may replace. Values are functions of the time, so that a device which nobody observes does nothing at all. Everything
// random comes from Config.Seed.
package lab
