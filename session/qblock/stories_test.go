package qblock

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
)

// sets gives lines for the blocks from first to last; %d in the line is the block's number, and M is set in
// all of them.
func sets(line string, first, last int) (text string) {
	for n := first; n <= last; n++ {
		text += fmt.Sprintf(strings.ReplaceAll(line, "NUM", fmt.Sprint(n)), 0x100+n) + "\n"
	}
	return text
}

const (
	up   = "+--------->| NON PUT /path T:%#x RT=1 QB1:NUM/1/1024"
	gone = "+--->X     | NON PUT /path T:%#x RT=1 QB1:NUM/1/1024"
)

// What is lost, and what peers do besides the figures.
func TestStories(t *testing.T) {
	down := func(token string, first, last int) (text string) {
		for n := first; n <= last; n++ {
			text += fmt.Sprintf("|<---------+ NON 2.05 T:%s ET=7 QB2:%d/1/1024\n", token, n)
		}
		return text
	}
	con := func(first, last int) string {
		return strings.ReplaceAll(down("1", first, last), "NON 2.05", "CON 2.05")
	}
	known := Config{Supported: true}
	tests := []struct {
		name   string
		config Config
		text   string
		end    string
	}{
		{"a peer that is not known is asked by a CON", Config{}, `
			request: NON GET /path
			+--------->| CON GET /.well-known/core T:1 QB2:0/0/16
			|<---------+ ACK 2.05 T:1 QB2:0/1/16
			+--------->| NON GET /path T:2 QB2:0/1/1024
			|<---------+ NON 2.05 T:2 ET=7 QB2:0/1/1024
			|<---------+ NON 2.05 T:2 ET=7 QB2:1/0/1024`, "done 2.05 ET=7 [1124]"},
		{"and refuses", Config{}, `
			request: NON GET /path
			+--------->| CON GET /.well-known/core T:1 QB2:0/0/16
			|<---------+ ACK 4.02 T:1`, "falls back: not supported by the peer"},
		{"and rejects", Config{}, `
			request: NON GET /path
			+--------->| CON GET /.well-known/core T:1 QB2:0/0/16
			|<---------+ RST 0.00 T:1`, "falls back: not supported by the peer"},
		{"and does not heed it", Config{}, `
			request: NON GET /path
			+--------->| CON GET /.well-known/core T:1 QB2:0/0/16
			|<---------+ ACK 2.05 T:1 B2:0/1/1024`, "falls back: not supported by the peer"},
		{"and has no list, nor acts on NON requests", Config{}, `
			request: NON GET /path
			+--------->| CON GET /.well-known/core T:1 QB2:0/0/16
			|<---------+ ACK 4.04 T:1
			+--->X     | NON GET /path T:2 QB2:0/1/1024
			[[NON_RECEIVE_TIMEOUT (client) delay expires]]`, "falls back: not supported by the peer"},
		{"a peer that was known to do it rejects it", known, `
			+--------->| NON GET /path T:2 QB2:0/1/1024
			|<---------+ RST 0.00 T:2`, "falls back: not supported by the peer"},
		{"a CON is the question itself", Config{}, `
			+--------->| CON GET /path T:1 QB2:0/1/1024
			|<---------+ ACK 4.02 T:1`, "falls back: not supported by the peer"},
		{"Block2 instead", known, `
			+--------->| NON GET /path T:1 QB2:0/1/1024
			|<---------+ NON 2.05 T:1 ET=7 B2:0/1/1024`, "falls back: not supported by the peer with the first block"},
		{"a body that fits one message", known, `
			+--------->| NON GET /path T:1 QB2:0/1/1024
			|<---------+ NON 2.05 T:1`, "done 2.05"},
		{"an error", known, `
			+--------->| NON GET /path T:1 QB2:0/1/1024
			|<---------+ NON 4.04 T:1`, "done 4.04"},
		{"2.31 to a GET", known, `
			+--------->| NON GET /path T:1 QB2:0/1/1024
			|<---------+ NON 2.31 T:1`, "failed: unexpected response code"},

		{"the request is lost again and again", known, `
			+--->X     | NON GET /path T:1 QB2:0/1/1024
			[[NON_RECEIVE_TIMEOUT (client) delay expires]]
			+--->X     | NON GET /path T:2 QB2:0/1/1024
			[[2 * NON_RECEIVE_TIMEOUT (client) delay expires]]
			+--->X     | NON GET /path T:3 QB2:0/1/1024
			[[4 * NON_RECEIVE_TIMEOUT (client) delay expires]]
			+--->X     | NON GET /path T:4 QB2:0/1/1024
			[[8 * NON_RECEIVE_TIMEOUT (client) delay expires]]
			+--->X     | NON GET /path T:5 QB2:0/1/1024
			[[16 * NON_RECEIVE_TIMEOUT (client) delay expires]]`, "failed: no response"},
		{"a late response to the first of them counts", known, `
			+--------->| NON GET /path T:1 QB2:0/1/1024
			[[NON_RECEIVE_TIMEOUT (client) delay expires]]
			+--------->| NON GET /path T:2 QB2:0/1/1024
			|<---------+ NON 2.05 T:1 ET=7 QB2:0/1/1024
			|<---------+ NON 2.05 T:2 ET=7 QB2:0/1/1024
			|<---------+ NON 2.05 T:2 ET=7 QB2:1/0/1024`, "done 2.05 ET=7 [1124]"},
		{"the first block is lost, and comes when it is asked for", known, `
			+--------->| NON GET /path T:1 QB2:0/1/1024
			X<---+     | NON 2.05 T:1 ET=7 QB2:0/1/1024
			|<---------+ NON 2.05 T:1 ET=7 QB2:1/0/1024
			[[NON_RECEIVE_TIMEOUT (client) delay expires]]
			+--------->| NON GET /path T:2 QB2:0/0/1024
			|<---------+ NON 2.05 T:2 ET=7 QB2:0/1/1024`, "done 2.05 ET=7 [1124]"},
		{"blocks out of order, and twice", known, `
			+--------->| NON GET /path T:1 QB2:0/1/1024
			|<---------+ NON 2.05 T:1 ET=7 QB2:2/0/1024
			|<---------+ NON 2.05 T:1 ET=7 QB2:0/1/1024
			|<---------+ NON 2.05 T:1 ET=7 QB2:0/1/1024
			|<---------+ NON 2.05 T:1 ET=7 QB2:1/1/1024`, "done 2.05 ET=7 [2148]"},
		{"the question to continue is lost: the peer goes on by itself", known, `
			+--------->| NON GET /path T:1 QB2:0/1/1024
			` + down("1", 0, 9) + `
			+--->X     | NON GET /path T:2 QB2:10/1/1024
			[[NON_TIMEOUT_RANDOM (server) delay expires]]
			|<---------+ NON 2.05 T:1 ET=7 QB2:10/0/1024`, "done 2.05 ET=7 [10340]"},
		{"a whole set is lost", known, `
			+--------->| NON GET /path T:1 QB2:0/1/1024
			` + down("1", 0, 9) + `
			+--------->| NON GET /path T:2 QB2:10/1/1024
			X<---+     | NON 2.05 T:1 ET=7 QB2:10/1/1024
			X<---+     | NON 2.05 T:1 ET=7 QB2:11/0/1024
			[[NON_RECEIVE_TIMEOUT (client) delay expires]]
			+--------->| NON GET /path T:3 QB2:10/0/1024 QB2:11/0/1024
			|<---------+ NON 2.05 T:3 ET=7 QB2:10/1/1024
			|<---------+ NON 2.05 T:3 ET=7 QB2:11/0/1024`, "done 2.05 ET=7 [11364]"},
		{"the peer sends no more than the first of the rest: asked for as long as something comes", known, `
			+--------->| NON GET /path T:1 QB2:0/1/1024
			` + down("1", 0, 9) + `
			+--------->| NON GET /path T:2 QB2:10/1/1024
			|<---------+ NON 2.05 T:2 ET=7 QB2:10/1/1024
			[[NON_RECEIVE_TIMEOUT (client) delay expires]]
			+--------->| NON GET /path T:3 QB2:11/1/1024
			|<---------+ NON 2.05 T:3 ET=7 QB2:11/1/1024
			[[NON_RECEIVE_TIMEOUT (client) delay expires]]
			+--------->| NON GET /path T:4 QB2:12/1/1024
			|<---------+ NON 2.05 T:4 ET=7 QB2:12/1/1024
			[[NON_RECEIVE_TIMEOUT (client) delay expires]]
			+--------->| NON GET /path T:5 QB2:13/1/1024
			|<---------+ NON 2.05 T:5 ET=7 QB2:13/1/1024
			[[NON_RECEIVE_TIMEOUT (client) delay expires]]
			+--------->| NON GET /path T:6 QB2:14/1/1024
			|<---------+ NON 2.05 T:6 ET=7 QB2:14/1/1024
			[[NON_RECEIVE_TIMEOUT (client) delay expires]]
			+--------->| NON GET /path T:7 QB2:15/0/1024
			|<---------+ NON 2.05 T:7 ET=7 QB2:15/0/1024`, "done 2.05 ET=7 [15460]"},
		{"CON blocks go on as they are acknowledged: nothing needs to say so", Config{}, `
			+--------->| CON GET /path T:1 QB2:0/1/1024
			` + con(0, 9) + `
			` + con(10, 19) + `
			|<---------+ CON 2.05 T:1 ET=7 QB2:20/0/1024`, "done 2.05 ET=7 [20580]"},
		{"a CON block that is lost is sent again by the peer, though a later set has begun", Config{}, `
			+--------->| CON GET /path T:1 QB2:0/1/1024
			` + con(0, 8) + `
			X<---+     | CON 2.05 T:1 ET=7 QB2:9/1/1024
			` + con(10, 11) + `
			|<---------+ CON 2.05 T:1 ET=7 QB2:9/1/1024
			|<---------+ CON 2.05 T:1 ET=7 QB2:12/0/1024`, "done 2.05 ET=7 [12388]"},
		{"a CON block that is sent again comes late: Max-Age does not end it before", Config{}, `
			+--------->| CON GET /path T:1 QB2:0/1/1024
			|<---------+ ACK 2.05 T:1 MA=1 ET=7 QB2:0/1/1024
			[[44 s (server) delay expires]]
			|<---------+ CON 2.05 T:1 MA=1 ET=7 QB2:1/0/1024`, "done 2.05 ET=7 [1124]"},
		{"a peer that waits after a set of CON blocks all the same is told to continue, once", Config{}, `
			+--------->| CON GET /path T:1 QB2:0/1/1024
			` + con(0, 9) + `
			[[NON_RECEIVE_TIMEOUT (client) delay expires]]
			+--------->| CON GET /path T:2 QB2:10/1/1024
			|<---------+ ACK 0.00 T:2
			[[MAX_TRANSMIT_SPAN (client) delay expires]]
			+--------->| CON GET /path T:3 QB2:10/0/1024
			|<---------+ CON 2.05 T:3 ET=7 QB2:10/0/1024`, "done 2.05 ET=7 [10340]"},
		{"what is asked for does not come: given up with Max-Age", known, `
			+--------->| NON GET /path T:1 QB2:0/1/1024
			|<---------+ NON 2.05 T:1 ET=7 QB2:1/0/1024
			[[NON_RECEIVE_TIMEOUT (client) delay expires]]
			+--->X     | NON GET /path T:2 QB2:0/0/1024
			[[NON_RECEIVE_TIMEOUT (client) delay expires]]
			+--->X     | NON GET /path T:3 QB2:0/0/1024
			[[2 * NON_RECEIVE_TIMEOUT (client) delay expires]]
			+--->X     | NON GET /path T:4 QB2:0/0/1024
			[[4 * NON_RECEIVE_TIMEOUT (client) delay expires]]
			+--->X     | NON GET /path T:5 QB2:0/0/1024
			[[28 s (client) delay expires]]`, "failed: blocks are missing"},
		{"or when it was asked for NON_MAX_RETRANSMIT times", known, `
			+--------->| NON GET /path T:1 QB2:0/1/1024
			|<---------+ NON 2.05 T:1 MA=1000 ET=7 QB2:1/0/1024
			[[NON_RECEIVE_TIMEOUT (client) delay expires]]
			+--->X     | NON GET /path T:2 QB2:0/0/1024
			[[NON_RECEIVE_TIMEOUT (client) delay expires]]
			+--->X     | NON GET /path T:3 QB2:0/0/1024
			[[2 * NON_RECEIVE_TIMEOUT (client) delay expires]]
			+--->X     | NON GET /path T:4 QB2:0/0/1024
			[[4 * NON_RECEIVE_TIMEOUT (client) delay expires]]
			+--->X     | NON GET /path T:5 QB2:0/0/1024
			[[8 * NON_RECEIVE_TIMEOUT (client) delay expires]]`, "failed: blocks are missing"},
		{"an error in answer to what is asked for", known, `
			+--------->| NON GET /path T:1 QB2:0/1/1024
			|<---------+ NON 2.05 T:1 ET=7 QB2:1/0/1024
			[[NON_RECEIVE_TIMEOUT (client) delay expires]]
			+--------->| NON GET /path T:2 QB2:0/0/1024
			|<---------+ NON 5.03 T:2`, "failed: block refused"},
		{"the representation changes: all of the new one", known, `
			+--------->| NON GET /path T:1 QB2:0/1/1024
			|<---------+ NON 2.05 T:1 ET=7 QB2:0/1/1024
			X<---+     | NON 2.05 T:1 ET=7 QB2:1/1/1024
			|<---------+ NON 2.05 T:1 ET=7 QB2:2/0/1024
			[[NON_RECEIVE_TIMEOUT (client) delay expires]]
			+--------->| NON GET /path T:2 QB2:1/0/1024
			|<---------+ NON 2.05 T:2 ET=8 QB2:1/0/1024
			+--------->| NON GET /path T:3 QB2:0/1/1024
			|<---------+ NON 2.05 T:1 ET=7 QB2:1/1/1024
			|<---------+ NON 2.05 T:3 ET=8 QB2:0/1/1024`, "done 2.05 ET=8 [1124]"},
		{"it changes twice", known, `
			+--------->| NON GET /path T:1 QB2:0/1/1024
			|<---------+ NON 2.05 T:1 ET=7 QB2:1/0/1024
			|<---------+ NON 2.05 T:1 ET=8 QB2:1/0/1024
			+--------->| NON GET /path T:3 QB2:0/1/1024
			|<---------+ NON 2.05 T:3 ET=9 QB2:0/0/1024`, "failed: representation changed"},
		{"it changes and must not", Config{Supported: true, FailOnChange: true}, `
			+--------->| NON GET /path T:1 QB2:0/1/1024
			|<---------+ NON 2.05 T:1 ET=7 QB2:1/0/1024
			|<---------+ NON 2.05 T:1 ET=8 QB2:1/0/1024`, "failed: representation changed"},
		{"a newer notification takes the place of one that is not complete", known, `
			+--------->| NON GET /path T:1 O:0 QB2:0/1/1024
			|<---------+ NON 2.05 T:1 O:5 ET=7 QB2:0/1/1024
			|<---------+ NON 2.05 T:1 O:6 ET=8 QB2:0/1/1024
			|<---------+ NON 2.05 T:1 O:5 ET=7 QB2:1/0/1024
			|<---------+ NON 2.05 T:1 O:6 ET=8 QB2:1/0/1024
			|<---------+ NON 2.05 T:1 O:5 ET=7 QB2:1/0/1024`, "done 2.05 ET=8 O:6 [1124] open"},
		{"a notification that fits one message, and the end", known, `
			+--------->| NON GET /path T:1 O:0 QB2:0/1/1024
			|<---------+ NON 2.05 T:1 O:5 ET=7 QB2:0/1/1024
			|<---------+ NON 2.05 T:1 O:5 ET=7 QB2:1/0/1024
			[[Observe triggered]]
			|<---------+ NON 2.05 T:1 O:6
			|<---------+ NON 4.04 T:1`, "done 2.05 ET=7 O:5 [1124] open; done 2.05 O:6 open; done 4.04"},
		{"a server that observes nothing", known, `
			+--------->| NON GET /path T:1 O:0 QB2:0/1/1024
			|<---------+ NON 2.05 T:1 ET=7 QB2:0/0/1024`, "done 2.05 ET=7 [100]"},

		{"2.31 is lost: the next set goes after NON_TIMEOUT_RANDOM", known, sets(up, 0, 9) + `
			X<---+     | NON 2.31 T:0x109
			[[NON_TIMEOUT_RANDOM (client) delay expires]]
			+--------->| NON PUT /path T:0x10a RT=1 QB1:10/0/1024
			|<---------+ NON 2.04 T:0x10a`, "done 2.04"},
		{"2.31 for an older set changes nothing", known, sets(up, 0, 9) + `
			[[NON_TIMEOUT_RANDOM (client) delay expires]]
			` + sets(up, 10, 19) + `
			|<---------+ NON 2.31 T:0x109
			[[NON_TIMEOUT_RANDOM (client) delay expires]]
			+--------->| NON PUT /path T:0x10a RT=1 QB1:20/0/1024
			|<---------+ NON 2.04 T:0x10a`, "done 2.04"},
		{"2.31 names the block, and not by its token", known, sets(up, 0, 9) + `
			|<---------+ NON 2.31 T:0x100 QB1:9/1/1024
			+--------->| NON PUT /path T:0x10a RT=1 QB1:10/0/1024
			|<---------+ NON 2.04 T:0x100`, "done 2.04"},
		{"the final response is lost: the last block again", known, `
			+--------->| NON PUT /path T:1 RT=1 QB1:0/1/1024
			+--------->| NON PUT /path T:2 RT=1 QB1:1/0/1024
			X<---+     | NON 2.04 T:2
			[[6.5 s (client) delay expires]]
			+--------->| NON PUT /path T:3 RT=1 QB1:1/0/1024
			|<---------+ NON 2.04 T:3`, "done 2.04"},
		{"all is lost", known, `
			+--->X     | NON PUT /path T:1 RT=1 QB1:0/1/1024
			+--->X     | NON PUT /path T:2 RT=1 QB1:1/0/1024
			[[6.5 s (client) delay expires]]
			+--->X     | NON PUT /path T:3 RT=1 QB1:1/0/1024
			[[10.5 s (client) delay expires]]
			+--->X     | NON PUT /path T:4 RT=1 QB1:1/0/1024
			[[18.5 s (client) delay expires]]
			+--->X     | NON PUT /path T:5 RT=1 QB1:1/0/1024
			[[34.5 s (client) delay expires]]
			+--->X     | NON PUT /path T:6 RT=1 QB1:1/0/1024
			[[66.5 s (client) delay expires]]`, "failed: no response"},
		{"missing blocks of two sets go with a delay between", known, sets(gone, 0, 9) + `
			[[NON_TIMEOUT_RANDOM (client) delay expires]]
			` + sets(up, 10, 19) + `
			|<---------+ NON 4.08 T:0x113 [Missing 0,9,10]
			+--------->| NON PUT /path T:1 RT=1 QB1:0/1/1024
			+--------->| NON PUT /path T:2 RT=1 QB1:9/1/1024
			[[NON_TIMEOUT_RANDOM (client) delay expires]]
			+--------->| NON PUT /path T:3 RT=1 QB1:10/1/1024
			|<---------+ NON 2.31 T:3 QB1:19/1/1024
			+--------->| NON PUT /path T:4 RT=1 QB1:20/0/1024
			|<---------+ NON 2.04 T:4`, "done 2.04"},
		{"4.08 with numbers twice, and of blocks that were not sent", known, sets(up, 0, 9) + `
			|<---------+ NON 4.08 T:0x109 [Missing 3,3,10]
			+--------->| NON PUT /path T:1 RT=1 QB1:3/1/1024
			[[NON_TIMEOUT_RANDOM (client) delay expires]]
			+--------->| NON PUT /path T:2 RT=1 QB1:10/0/1024
			|<---------+ NON 2.04 T:2`, "done 2.04"},
		{"4.08 in descending order is dropped", known, sets(up, 0, 9) + `
			|<---------+ NON 4.08 T:0x109 [Missing 4,3]
			[[NON_TIMEOUT_RANDOM (client) delay expires]]
			+--------->| NON PUT /path T:2 RT=1 QB1:10/0/1024
			|<---------+ NON 2.04 T:2`, "done 2.04"},
		{"4.08 without numbers: the body anew, once, as another", known, `
			+--------->| NON PUT /path T:1 RT=1 QB1:0/1/1024
			+--------->| NON PUT /path T:2 RT=1 QB1:1/0/1024
			|<---------+ NON 4.08 T:2
			+--------->| NON PUT /path T:3 RT=2 QB1:0/1/1024
			|<---------+ NON 2.31 T:2
			+--------->| NON PUT /path T:4 RT=2 QB1:1/0/1024
			|<---------+ NON 4.08 T:4`, "done 4.08"},
		{"4.13 with a smaller size: the body anew, in those", known, `
			+--------->| NON PUT /path T:1 RT=1 QB1:0/1/1024
			+--------->| NON PUT /path T:2 RT=1 QB1:1/0/1024
			|<---------+ NON 4.13 T:2 QB1:0/1/512
			+--------->| NON PUT /path T:3 RT=2 QB1:0/1/512
			+--------->| NON PUT /path T:4 RT=2 QB1:1/1/512
			+--------->| NON PUT /path T:5 RT=2 QB1:2/0/512
			|<---------+ NON 2.04 T:5`, "done 2.04"},
		{"4.13 without one is the answer", known, `
			+--------->| NON PUT /path T:1 RT=1 QB1:0/1/1024
			+--------->| NON PUT /path T:2 RT=1 QB1:1/0/1024
			|<---------+ NON 4.13 T:2`, "done 4.13"},
		{"an error in the middle is the answer", known, `
			request: NON PUT /path RT=1 QB1:1/0/1024
			+--------->| NON PUT /path T:1 RT=1 QB1:0/1/1024
			|<---------+ NON 4.03 T:1`, "done 4.03"},
		{"a block that is taken for the whole", known, `
			request: NON PUT /path RT=1 QB1:1/0/1024
			+--------->| NON PUT /path T:1 RT=1 QB1:0/1/1024
			|<---------+ NON 2.04 T:1`, "falls back: not supported by the peer"},
		{"of a POST, which is not made twice", known, `
			request: NON POST /path RT=1 QB1:1/0/1024
			+--------->| NON POST /path T:1 RT=1 QB1:0/1/1024
			|<---------+ NON 2.04 T:1`, "failed: unexpected response code"},
		{"a peer that forgets the body", known, sets(up, 0, 9) + `
			|<---------+ NON 2.31 T:0x109
			+--------->| NON PUT /path T:0x10a RT=1 QB1:10/0/1024
			|<---------+ RST 0.00 T:0x10a`, "failed: not delivered"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := play(t, tt.config, tt.text)
			if got := s.endings(); got != tt.end {
				t.Errorf("got  %s\nwant %s", got, tt.end)
			}
		})
	}
}

// Table 3 of RFC 9177 §7.2.
func TestParameters(t *testing.T) {
	p := DefaultParameters()
	if p.MaxPayloads != 10 || p.NonMaxRetransmit != 4 || p.NonTimeout != 2*time.Second {
		t.Errorf("got %+v", p)
	}
	for _, tt := range []struct {
		name      string
		got, want time.Duration
	}{
		{"NON_TIMEOUT_RANDOM, at least", p.TimeoutRandom(0), 2 * time.Second},
		{"NON_TIMEOUT_RANDOM, at most", p.TimeoutRandom(1), 3 * time.Second},
		{"NON_RECEIVE_TIMEOUT", p.ReceiveTimeout(), 4 * time.Second},
		{"NON_PROBING_WAIT, at least", p.ProbingWait(0), 247 * time.Second},
		{"NON_PROBING_WAIT, at most", p.ProbingWait(1), 248 * time.Second},
		{"NON_PARTIAL_TIMEOUT", p.PartialTimeout(), 247 * time.Second},
	} {
		if tt.got != tt.want {
			t.Errorf("%s is %v, want %v", tt.name, tt.got, tt.want)
		}
	}
	// NON_RECEIVE_TIMEOUT MUST be a second longer than NON_TIMEOUT_RANDOM.
	p.NonTimeout = 100 * time.Millisecond
	if got := p.ReceiveTimeout(); got != 1150*time.Millisecond {
		t.Errorf("NON_RECEIVE_TIMEOUT is %v", got)
	}
	odd := Parameters{MaxPayloads: -1, NonMaxRetransmit: 99, AckRandomFactor: -3}.within()
	if odd.MaxPayloads != 10 || odd.NonMaxRetransmit != 16 || odd.AckRandomFactor != 1 || odd.NonTimeout != 2*time.Second || odd.NStart != 1 {
		t.Errorf("out of range: got %+v", odd)
	}
}

func TestMisuse(t *testing.T) {
	for _, n := range []protocol.OptionNumber{protocol.Block1, protocol.Block2, protocol.QBlock1, protocol.QBlock2} {
		m := protocol.Message{Code: protocol.GET}
		m.Options = m.Options.Add(n, nil)
		out := New(Config{}, m, nil, 0).Handle(time.Unix(1, 0), Tick{}, nil)
		if f, ok := out[0].(Failed); !ok || f.Err.Reason != Misuse || !strings.Contains(f.Err.Error(), n.String()) {
			t.Errorf("%v: got %+v", n, out)
		}
	}
}
