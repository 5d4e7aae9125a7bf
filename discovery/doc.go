// Package discovery finds CoAP devices and what they have: it asks one host, or all on a network by
// multicast, for /.well-known/core (RFC 7252 §7 and §8, RFC 6690), and makes of the links a tree by
// path.
//
//	Search ── Plan: what will be sent, and how far it reaches
//	         │ Run
//	       Finder ── Ask, AskGroup, AskRest ──▶ Asker (an engine, or a fake)
//	         │
//	Found{Device}  Device.Tree ── Node ─┬─ Node
//	         │                          └─ Node
//	         ▼
//	      Devices: what is known, merged over repeated discoveries
//
// It has no sockets. Nothing is sent that was not asked for by a call.
package discovery
