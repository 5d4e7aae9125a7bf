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
// # How a datagram travels
//
//	socket ─▶ link (loss) ─▶ parse ─▶ dedup ─▶ options ─▶ Block1 ─▶ preconditions ─▶ resource
//	socket ◀─ link (loss, duplicates) ◀─ remember, retransmit ◀─ Block2 ◀─ observe ◀─┘
//
// A device is one goroutine that reads its socket, and one mutex that guards everything else; handlers never block.
// What takes time (separate responses, leisure, retransmission, drifting values) is scheduled on a Clock, which a test
// may replace. Values are functions of the time, so that a device which nobody observes does nothing at all. Everything
// random comes from Config.Seed.
package lab
