package blockwise

import (
	"testing"
)

// The figures of RFC 7959 §3, message by message as they are printed there. play says how they are
// read.
func TestFigures(t *testing.T) {
	for _, f := range []figure{
		{name: "figure 2: simple block-wise GET", response: 300, figure: `
   CLIENT                                                     SERVER
     | CON [MID=1234], GET, /status                       ------> |
     | <------   ACK [MID=1234], 2.05 Content, 2:0/1/128          |
     | CON [MID=1235], GET, /status, 2:1/0/128            ------> |
     | <------   ACK [MID=1235], 2.05 Content, 2:1/1/128          |
     | CON [MID=1236], GET, /status, 2:2/0/128            ------> |
     | <------   ACK [MID=1236], 2.05 Content, 2:2/0/128          |`},

		{name: "figure 3: early negotiation", config: Config{BlockSize: 64, EarlyNegotiation: true}, response: 383, figure: `
     | CON [MID=1234], GET, /status, 2:0/0/64           ------> |
     | <------   ACK [MID=1234], 2.05 Content, 2:0/1/64         |
     | CON [MID=1235], GET, /status, 2:1/0/64           ------> |
     | <------   ACK [MID=1235], 2.05 Content, 2:1/1/64         |
     :                          ...                             :
     | CON [MID=1238], GET, /status, 2:4/0/64           ------> |
     | <------   ACK [MID=1238], 2.05 Content, 2:4/1/64         |
     | CON [MID=1239], GET, /status, 2:5/0/64           ------> |
     | <------   ACK [MID=1239], 2.05 Content, 2:5/0/64         |`},

		{name: "figure 4: late negotiation", config: Config{BlockSize: 64}, response: 384, figure: `
     | CON [MID=1234], GET, /status                     ------> |
     | <------   ACK [MID=1234], 2.05 Content, 2:0/1/128        |
     | CON [MID=1235], GET, /status, 2:2/0/64           ------> |
     | <------   ACK [MID=1235], 2.05 Content, 2:2/1/64         |
     | CON [MID=1236], GET, /status, 2:3/0/64           ------> |
     | <------   ACK [MID=1236], 2.05 Content, 2:3/1/64         |
     | CON [MID=1237], GET, /status, 2:4/0/64           ------> |
     | <------   ACK [MID=1237], 2.05 Content, 2:4/1/64         |
     | CON [MID=1238], GET, /status, 2:5/0/64           ------> |
     | <------   ACK [MID=1238], 2.05 Content, 2:5/0/64         |`},

		{name: "figure 5: late negotiation and lost CON", config: Config{BlockSize: 64}, response: 384, figure: `
     | CON [MID=1234], GET, /status                     ------> |
     | <------   ACK [MID=1234], 2.05 Content, 2:0/1/128        |
     | CON [MID=1235], GE/////////////////////////              |
     | (timeout)                                                |
     | CON [MID=1235], GET, /status, 2:2/0/64           ------> |
     | <------   ACK [MID=1235], 2.05 Content, 2:2/1/64         |
     :                          ...                             :
     | CON [MID=1238], GET, /status, 2:5/0/64           ------> |
     | <------   ACK [MID=1238], 2.05 Content, 2:5/0/64         |`},

		{name: "figure 6: late negotiation and lost ACK", config: Config{BlockSize: 64}, response: 384, figure: `
     | CON [MID=1234], GET, /status                     ------> |
     | <------   ACK [MID=1234], 2.05 Content, 2:0/1/128        |
     | CON [MID=1235], GET, /status, 2:2/0/64           ------> |
     | //////////////////////////////////tent, 2:2/1/64         |
     | (timeout)                                                |
     | CON [MID=1235], GET, /status, 2:2/0/64           ------> |
     | <------   ACK [MID=1235], 2.05 Content, 2:2/1/64         |
     :                          ...                             :
     | CON [MID=1238], GET, /status, 2:5/0/64           ------> |
     | <------   ACK [MID=1238], 2.05 Content, 2:5/0/64         |`},

		{name: "figure 7: simple atomic PUT", config: Config{BlockSize: 128}, request: 300, figure: `
     | CON [MID=1234], PUT, /options, 1:0/1/128    ------>      |
     | <------   ACK [MID=1234], 2.31 Continue, 1:0/1/128       |
     | CON [MID=1235], PUT, /options, 1:1/1/128    ------>      |
     | <------   ACK [MID=1235], 2.31 Continue, 1:1/1/128       |
     | CON [MID=1236], PUT, /options, 1:2/0/128    ------>      |
     | <------   ACK [MID=1236], 2.04 Changed, 1:2/0/128        |`},

		{name: "figure 8: simple stateless PUT", config: Config{BlockSize: 128}, request: 384, figure: `
     | CON [MID=1234], PUT, /options, 1:0/1/128    ------>      |
     | <------   ACK [MID=1234], 2.04 Changed, 1:0/0/128        |
     | CON [MID=1235], PUT, /options, 1:1/1/128    ------>      |
     | <------   ACK [MID=1235], 2.04 Changed, 1:1/0/128        |
     | CON [MID=1236], PUT, /options, 1:2/0/128    ------>      |
     | <------   ACK [MID=1236], 2.04 Changed, 1:2/0/128        |`},

		// The last two ACKs are printed with the message IDs of the CONs before, which would not match
		// (RFC 7252 §4.2).
		{name: "figure 9: atomic PUT with negotiation", config: Config{BlockSize: 128}, request: 220, figure: `
     | CON [MID=1234], PUT, /options, 1:0/1/128    ------>      |
     | <------   ACK [MID=1234], 2.31 Continue, 1:0/1/32        |
     | CON [MID=1235], PUT, /options, 1:4/1/32     ------>      |
     | <------   ACK [MID=1235], 2.31 Continue, 1:4/1/32        |
     | CON [MID=1236], PUT, /options, 1:5/1/32     ------>      |
     | <------   ACK [MID=1236], 2.31 Continue, 1:5/1/32        |
     | CON [MID=1237], PUT, /options, 1:6/0/32     ------>      |
     | <------   ACK [MID=1237], 2.04 Changed, 1:6/0/32         |`},

		{name: "figure 10: atomic POST with block-wise response", config: Config{BlockSize: 128}, request: 300, response: 400, figure: `
     | CON [MID=1234], POST, /soap, 1:0/1/128      ------>          |
     | <------   ACK [MID=1234], 2.31 Continue, 1:0/1/128           |
     | CON [MID=1235], POST, /soap, 1:1/1/128      ------>          |
     | <------   ACK [MID=1235], 2.31 Continue, 1:1/1/128           |
     | CON [MID=1236], POST, /soap, 1:2/0/128      ------>          |
     | <------   ACK [MID=1236], 2.04 Changed, 2:0/1/128, 1:2/0/128 |
     | CON [MID=1237], POST, /soap, 2:1/0/128      ------>          |
     | (no payload for requests with Block2 with NUM != 0)          |
     | (could also do late negotiation by requesting,               |
     |  e.g., 2:2/0/64)                                             |
     | <------   ACK [MID=1237], 2.04 Changed, 2:1/1/128            |
     | CON [MID=1238], POST, /soap, 2:2/0/128      ------>          |
     | <------   ACK [MID=1238], 2.04 Changed, 2:2/1/128            |
     | CON [MID=1239], POST, /soap, 2:3/0/128      ------>          |
     | <------   ACK [MID=1239], 2.04 Changed, 2:3/0/128            |`},

		{name: "figure 10, late negotiation", config: Config{BlockSize: 128, ResponseBlockSize: 64}, request: 300, response: 190, figure: `
     | CON [MID=1234], POST, /soap, 1:0/1/128      ------>          |
     | <------   ACK [MID=1234], 2.31 Continue, 1:0/1/128           |
     | CON [MID=1235], POST, /soap, 1:1/1/128      ------>          |
     | <------   ACK [MID=1235], 2.31 Continue, 1:1/1/128           |
     | CON [MID=1236], POST, /soap, 1:2/0/128      ------>          |
     | <------   ACK [MID=1236], 2.04 Changed, 2:0/1/128, 1:2/0/128 |
     | CON [MID=1237], POST, /soap, 2:2/0/64       ------>          |
     | <------   ACK [MID=1237], 2.04 Changed, 2:2/0/64             |`},

		// The last M bit is printed as 1, though no request follows.
		{name: "figure 11: the same, early negotiation", config: Config{BlockSize: 128, ResponseBlockSize: 64, EarlyNegotiation: true}, request: 300, response: 200, figure: `
     | CON [MID=1234], POST, /soap, 1:0/1/128 ------>               |
     | <------   ACK [MID=1234], 2.31 Continue, 1:0/1/128           |
     | CON [MID=1235], POST, /soap, 1:1/1/128 ------>               |
     | <------   ACK [MID=1235], 2.31 Continue, 1:1/1/128           |
     | CON [MID=1236], POST, /soap, 1:2/0/128, 2:0/0/64 ------>     |
     | <------   ACK [MID=1236], 2.04 Changed, 1:2/0/128, 2:0/1/64  |
     | CON [MID=1237], POST, /soap, 2:1/0/64      ------>           |
     | (no payload for requests with Block2 with NUM != 0)          |
     | <------   ACK [MID=1237], 2.04 Changed, 2:1/1/64             |
     | CON [MID=1238], POST, /soap, 2:2/0/64      ------>           |
     | <------   ACK [MID=1238], 2.04 Changed, 2:2/1/64             |
     | CON [MID=1239], POST, /soap, 2:3/0/64      ------>           |
     | <------   ACK [MID=1239], 2.04 Changed, 2:3/0/64             |`},

		{name: "figure 12: observe sequence with block-wise response", response: 309, figure: `
       CLIENT  SERVER
         +----->|     Header: GET 0x41011636
         | GET  |      Token: 0xfb
         |      |   Uri-Path: status-icon
         |      |    Observe: (empty)
         |      |
         |<-----+     Header: 2.05 0x61451636
         | 2.05 |      Token: 0xfb
         |      |     Block2: 0/1/128
         |      |    Observe: 62350
         |      |       ETag: 6f00f38e
         |      |    Payload: [128 bytes]
         |      |
         |      |  (Usual GET transfer left out)
           ...
         |      |  (Notification of first block)
         |      |
         |<-----+     Header: 2.05 0x4145af9c
         | 2.05 |      Token: 0xfb
         |      |     Block2: 0/1/128
         |      |    Observe: 62354
         |      |       ETag: 6f00f392
         |      |    Payload: [128 bytes]
         |      |
         +- - ->|     Header: 0x6000af9c
         |      |
         |      |  (Retrieval of remaining blocks)
         |      |
         +----->|     Header: GET 0x41011637
         | GET  |      Token: 0xfc
         |      |   Uri-Path: status-icon
         |      |     Block2: 1/0/128
         |      |
         |<-----+     Header: 2.05 0x61451637
         | 2.05 |      Token: 0xfc
         |      |     Block2: 1/1/128
         |      |       ETag: 6f00f392
         |      |    Payload: [128 bytes]
         |      |
         +----->|     Header: GET 0x41011638
         | GET  |      Token: 0xfc
         |      |   Uri-Path: status-icon
         |      |     Block2: 2/0/128
         |      |
         |<-----+     Header: 2.05 0x61451638
         | 2.05 |      Token: 0xfc
         |      |     Block2: 2/0/128
         |      |       ETag: 6f00f392
         |      |    Payload: [53 bytes]`},

		{name: "figure 13: observe sequence with early negotiation", config: Config{BlockSize: 64, EarlyNegotiation: true}, response: 309, figure: `
       CLIENT  SERVER
         +----->|     Header: GET 0x41011636
         | GET  |      Token: 0xfb
         |      |   Uri-Path: status-icon
         |      |    Observe: (empty)
         |      |     Block2: 0/0/64
         |      |
         |<-----+     Header: 2.05 0x61451636
         | 2.05 |      Token: 0xfb
         |      |     Block2: 0/1/64
         |      |    Observe: 62350
         |      |       ETag: 6f00f38e
         |      |    Max-Age: 60
         |      |    Payload: [64 bytes]
         |      |
         |      |  (Usual GET transfer left out)
           ...
         |      |  (Notification of first block)
         |      |
         |<-----+     Header: 2.05 0x4145af9c
         | 2.05 |      Token: 0xfb
         |      |     Block2: 0/1/64
         |      |    Observe: 62354
         |      |       ETag: 6f00f392
         |      |    Payload: [64 bytes]
         |      |
         +- - ->|     Header: 0x6000af9c
         |      |
         |      |  (Retrieval of remaining blocks)
         |      |
         +----->|     Header: GET 0x41011637
         | GET  |      Token: 0xfc
         |      |   Uri-Path: status-icon
         |      |     Block2: 1/0/64
         |      |
         |<-----+     Header: 2.05 0x61451637
         | 2.05 |      Token: 0xfc
         |      |     Block2: 1/1/64
         |      |       ETag: 6f00f392
         |      |    Payload: [64 bytes]
           ....
         |      |
         +----->|     Header: GET 0x41011638
         | GET  |      Token: 0xfc
         |      |   Uri-Path: status-icon
         |      |     Block2: 4/0/64
         |      |
         |<-----+     Header: 2.05 0x61451638
         | 2.05 |      Token: 0xfc
         |      |     Block2: 4/0/64
         |      |       ETag: 6f00f392
         |      |    Payload: [53 bytes]`},
	} {
		t.Run(f.name, func(t *testing.T) { f.play(t) })
	}
}

// A figure that is not what happens fails its test: the player reads it.
func TestFigurePlayerTells(t *testing.T) {
	good := figure{response: 300, figure: `
     | CON [MID=1], GET, /status               ------> |
     | <------   ACK [MID=1], 2.05 Content, 2:0/1/128  |
     | CON [MID=2], GET, /status, 2:1/0/128    ------> |
     | <------   ACK [MID=2], 2.05 Content, 2:1/1/128  |
     | CON [MID=3], GET, /status, 2:2/0/128    ------> |
     | <------   ACK [MID=3], 2.05 Content, 2:2/0/128  |`}
	if problem := good.run(); problem != "" {
		t.Fatal(problem)
	}
	lines := good.lines()
	for i := range lines {
		without := good
		without.figure = joined(append(append([]string{}, lines[:i]...), lines[i+1:]...))
		if without.run() == "" {
			t.Errorf("without line %d nothing is wrong", i)
		}
	}
	other := good
	other.config = Config{BlockSize: 64}
	if other.run() == "" {
		t.Error("other block sizes are not noticed")
	}
	other = good
	other.response = 100
	if other.run() == "" {
		t.Error("another body is not noticed")
	}
}
