// Package session is the engine: the one API through which the window, or a test, talks CoAP.
//
// It owns what its machines must not have: the sockets, the clock and the goroutines. Every datagram
// goes through the tap of package transport into the [trace.Log]; the machines of packages exchange,
// blockwise and observe decide what is sent and what an answer means. The engine carries their
// outputs to the network and to whoever asked.
//
//	Do, Observe, Ping ──▶ blockwise, observe ──▶ exchange.Machine ──▶ transport ──▶ trace.Log
//	        ▲                                          │                  │
//	        └──────── one queue an exchange ◀──────────┴──── datagrams ◀──┘
package session
