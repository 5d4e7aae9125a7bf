// Package observe is the client's side of an observation (RFC 7641): a machine that registers,
// judges notifications, notices silence, registers anew and cancels.
//
// The machine is sans-IO: no socket, no clock, no goroutine; its owner says what time it is. The
// owner gives every response with the observation's token to [Observation.Handle], calls
// [Observation.Advance] when [Observation.Deadline] is reached, and sends the messages that events
// carry. Acknowledgements, Resets and retransmission are those of any exchange.
//
// A notification may have only the first block of a representation. Its order is judged by that
// first message; the rest is fetched with a token of its own, and does not go through this machine
// (RFC 7959 §2.6).
//
//	          New
//	           │ Register: GET, Observe 0
//	           ▼
//	      Registering ──2.xx without Observe──▶ Over (NotObservable)
//	           │      ──4.xx, 5.xx────────────▶ Over (Ended)
//	           │      ──Unanswered────────────▶ Over (Lost)
//	           │ 2.xx with Observe
//	           ▼
//	 ┌──▶  Observing ◀─┐ notification: Notification, fresh or stale
//	 │         │   └───┘
//	 │         │ Max-Age over: Silence
//	 │         ▼
//	 │      Stalled ◀──Unanswered──┐ Observing, while Max-Age is not over
//	 │         │ 5 to 15 s more:   │
//	 │         │ Reregister        │
//	 │         ▼                   │
//	 └─── Reregistering ───────────┘
//	  2.xx with Observe
//
//	Everywhere a fresh notification leads to Observing, and a response without Observe to Over.
//	From any but Over:
//
//	 Cancel: GET, Observe 1 ▶ Cancelling ──response without Observe, or Unanswered──▶ Over (Cancelled)
//	 Forget                 ▶ Over; the next notification is answered by a Reset (RFC 7641 §3.6)
package observe
