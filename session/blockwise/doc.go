// Package blockwise is the client's side of block-wise transfers (RFC 7959): a machine that turns
// one logical request into the messages it takes, and their responses into one.
//
// The machine is sans-IO: no socket, no clock, no goroutine. Its owner sends what [Send] holds, with
// a message ID and retransmission of its own, gives the response to [Transfer.Handle], and so on
// until [Done] or [Failed]. Retransmissions and duplicates do not reach the machine
// (RFC 7959 §3.1); a timeout or a Reset ends the transfer without its help.
//
//	t := blockwise.New(blockwise.Config{}, request)
//	step := t.Start()
//	for {
//		switch s := step.(type) {
//		case blockwise.Send:
//			step = t.Handle(exchange(s.Message))
//		case blockwise.Done:
//			return s.Response, nil
//		case blockwise.Failed:
//			return protocol.Message{}, s.Err
//		}
//	}
//
// Block1 carries the body of the request, Block2 that of the response; a transfer may have both,
// one after the other (RFC 7959 §2.7). The first part is skipped where the body fits one message.
// Neither body has to be in memory: that of the request is read block by block ([NewUpload]), that of
// the response is written so ([Config.Sink]). Either can go on where an earlier transfer ended.
//
//	             Start ──resume, ask first──▶ validating ──another, in its first response──▶ (response)
//	               │◀───────2.03, the same────────┘
//	   body fits   │    body does not fit
//	  ┌────────────┴────────────────┐
//	  ▼                             ▼
//	whole ──4.13, try Block1──▶ uploading ◀─┐ 2.31 or 2.xx with Block1: next block, perhaps smaller
//	  │                          │  │   └───┘ 4.13 with smaller Block1: from block 0, smaller
//	  │  response                │  │         4.08: from block 0, once
//	  └──────────┬───────────────┘  │
//	             │  final response  │ 4.xx, 5.xx
//	             ▼                  │
//	   Block2 with M? ──no──────────┼──────▶ Done
//	             │ yes              │          ▲
//	             ▼                  └──────────┘
//	        downloading ──Block2 without M─────┘
//	         ▲ │   │
//	         └─┘   └─ ETag or code changed: from Start, once, where the method is safe
//	   Block2 with M: next block
//
// A request that has a Block option of its own goes the short way: Start, plain, Done. So a single
// block can be asked for or sent, and its response is seen as it is.
//
// Whatever breaks the RFC leads to Failed with an [Error] that says what was expected.
package blockwise
