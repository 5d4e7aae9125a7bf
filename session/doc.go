// Package session is the engine: the one API through which the window, or a test, talks CoAP.
//
// It owns what its machines must not have: the sockets, the clock and the goroutines. Every datagram
// goes through the tap of package transport into the [trace.Log]; the machines of packages exchange,
// blockwise and observe decide what is sent and what an answer means. The engine carries their
// outputs to the network and to whoever asked.
//
//	Do, Observe, DoGroup, DoPing ──▶ blockwise, observe, qblock ──▶ exchange.Machine ──▶ transport ──▶ trace.Log
//	        ▲                                                              │                  │
//	        └────────────── a queue of each that is open ◀─────────────────┴──── datagrams ◀──┘
//
// What [Engine.Do] does around the exchanges of a request, in this order: a fresh response from the cache
// answers it; it waits as long as its endpoint has asked to hold back requests like it; it is carried out
// block by block, where each message that is answered with a 4.01 and an Echo option is sent once more; the
// cache looks at the response; and where that asks to wait, the request is made again when the time has come.
// Each is asked for, or refused, by a field of [Request].
package session
