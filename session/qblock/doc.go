// Package qblock is the client's side of block-wise transfers that do not wait for each block
// (RFC 9177): a machine that turns one logical request into the messages it takes, with Q-Block1 for the
// body of the request and Q-Block2 for that of the response, and their responses into one.
//
// The machine is sans-IO: no socket, no clock, no goroutine. It names each message that it wants sent by
// a [Number]; its owner sends it with a token and message ID of its own, tells what comes back for it by
// [Response], [Acknowledged] or [Unanswered], and calls [Transfer.Handle] with [Tick] when
// [Transfer.Deadline] has come. One call asks for at most one message, with a deadline of now if there
// are more: so what arrives in the middle of a set of blocks is acted on there, as in figure 5 of the RFC.
//
//	t := qblock.New(qblock.Config{}, request, nil, 0)
//	for _, out := range t.Handle(now, qblock.Tick{}, nil) {
//		switch out := out.(type) {
//		case qblock.Send: // send out.Message; keep its token open for several responses
//		case qblock.Release: // close the token of that message; nobody is told
//		case qblock.Done: // out.Response is the answer
//		case qblock.FallBack: // the peer does not do this: use package blockwise
//		case qblock.Failed: // out.Err says why
//		}
//	}
//
// The type of the request is that of all messages: NON, for which the RFC is made, or CON (§7). Before
// anything goes out as NON a peer that is not known to do this is asked by a CON, as §4.1 requires.
//
//	        peer known, or CON         peer not known
//	                │                        │
//	                │        4.02, RST  ┌────▼────┐
//	                │      ┌────────────┤ probing │
//	                │      ▼            └────┬────┘
//	                │   FallBack             │ Q-Block2, or no refusal
//	                ├────────────────────────┘
//	   body too large for one message?
//	     │ yes                 │ no: request with Q-Block2
//	     ▼                     ▼
//	┌───────────┐         ┌─────────┐ silence: again,
//	│ uploading │         │ opening ├─┐ NON_MAX_RETRANSMIT times
//	└─┬──┬──────┘         └────┬──┬─┘◀┘
//	  │  │ all blocks sent     │  │
//	  │  │  2.31: next set     │  └── response without Q-Block2 ─────────────▶ Done
//	  │  │  4.08: those again  │
//	  │  │                     │ block of the response
//	  │  └▶ awaiting ──────────┤ silence while awaiting: last block again
//	  │        │               ▼
//	  │        │        ┌─────────────┐ set complete: Continue
//	  │        │        │ downloading ├─┐ later set seen, or NON_RECEIVE_TIMEOUT:
//	  │        │        └──────┬──────┘◀┘  ask for what is missing
//	  └────────┴─ final ──▶ Done ◀── all blocks
//	             response     │
//	                          │ observed: the next body begins with a block
//	                          └─ that has another Observe value ──▶ downloading
//
// That is NON. CON blocks of the response go on as they are acknowledged, and the peer sends again what was lost
// (§7.1): nothing is asked for but after a silence of MAX_TRANSMIT_SPAN (§4.4).
//
// Whatever breaks the RFC leads to [Failed] with an [Error] that says what was expected.
package qblock
