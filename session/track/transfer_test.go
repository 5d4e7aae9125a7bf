package track

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
)

// tracePayload gives n bytes of a body, where each byte tells its place, from that on that the Block option says.
func tracePayload(m *protocol.Message, n int) []byte {
	offset := 0
	numbers := [...]protocol.OptionNumber{protocol.Block2, protocol.QBlock2}
	if m.Code.IsRequest() {
		numbers = [...]protocol.OptionNumber{protocol.Block1, protocol.QBlock1}
	}
	for _, number := range numbers {
		if b, ok := m.Options.Block(number); ok {
			offset = b.Offset()
		}
	}
	return traceBody(offset, n)
}

func traceBody(offset, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte((offset+i)*7 ^ (offset+i)>>8)
	}
	return b
}

// summarizeTransfer puts the transfer into words, and holds its bodies against what traceBody gives.
func summarizeTransfer(t *testing.T, tracker *Tracker, i TransferIndex, data func(uint64) []byte) string {
	t.Helper()
	c, ok := tracker.Transfer(i)
	if !ok {
		return fmt.Sprintf("%d none", i)
	}
	s := fmt.Sprintf("%d %s %s %s %s frames %v exchanges %d", c.Index, c.Method.Short(), c.Path, c.State, c.Code.Dotted(), tracker.TransferFrames(i), c.Exchanges)
	if c.RequestTag != nil {
		s += fmt.Sprintf(" tag %x", c.RequestTag)
	}
	if c.Restarts > 0 {
		s += fmt.Sprintf(" restarts %d", c.Restarts)
	}
	if c.Observation != 0 {
		s += fmt.Sprintf(" notification %d of %d", c.Notification, c.Observation)
	}
	if c.FrameCount != len(tracker.TransferFrames(i)) {
		t.Errorf("transfer %d: %d frames, and %v", i, c.FrameCount, tracker.TransferFrames(i))
	}
	for part, b := range []Body{c.Request, c.Response} {
		if !b.Present {
			continue
		}
		s += fmt.Sprintf("; %s %d of %d, %d", []string{"up", "down"}[part], b.Blocks, b.BlockSize, b.Received)
		if b.Size >= 0 {
			s += fmt.Sprintf("/%d", b.Size)
		}
		for _, f := range []struct {
			name string
			n    int
		}{{"retried", b.Retried}, {"asked", b.Asked}, {"foreign", b.Foreign}, {"reduced", b.Reductions}, {"gaps", b.Gaps}} {
			if f.n > 0 {
				s += fmt.Sprintf(" %s %d", f.name, f.n)
			}
		}
		for _, f := range []struct {
			name string
			is   bool
		}{{"Q", b.QBlock}, {"BERT", b.BERT}, {"whole", b.Complete}} {
			if f.is {
				s += " " + f.name
			}
		}
		if b.ETag != nil {
			s += fmt.Sprintf(" etag %x", b.ETag)
		}
		pieces := tracker.AppendPieces(nil, i, Part(part))
		body, gaps := Reassemble(pieces, data)
		var want []byte
		for _, p := range pieces {
			want = append(want, traceBody(int(p.Offset), p.Length)...)
		}
		if !bytes.Equal(body, want) || int64(len(body)) != b.Received {
			t.Errorf("transfer %d has another body: %x, want %x", i, body, want)
		}
		if b.Complete != (len(gaps) == 0 && b.Size == b.Received) {
			t.Errorf("transfer %d: gaps %v: %+v", i, gaps, b)
		}
	}
	return s
}

func summarizeObservation(tracker *Tracker, i ObservationIndex) string {
	o, ok := tracker.Observation(i)
	if !ok {
		return fmt.Sprintf("%d none", i)
	}
	s := fmt.Sprintf("%d %s %s %s %s token %s registrations %d:", o.Index, o.Method.Short(), o.Path, o.State, o.Code.Dotted(), o.Token, o.Registrations)
	for _, n := range tracker.AppendNotifications(nil, i, 0) {
		s += fmt.Sprintf(" %d(%d", n.Sequence, n.Frame)
		if n.Wait > 0 {
			s += fmt.Sprintf(" %s %+d", n.Wait, n.Step)
		}
		if n.Stale {
			s += " stale"
		}
		if n.Transfer != 0 {
			s += fmt.Sprintf(" ~%d", n.Transfer)
		}
		s += ")"
	}
	if o.Missing > 0 {
		s += fmt.Sprintf(" missing %d", o.Missing)
	}
	if o.LongestWait > 0 {
		s += fmt.Sprintf(" waits %s to %s", o.ShortestWait, o.LongestWait)
	}
	if o.EndFrame != 0 {
		s += fmt.Sprintf(" end %d", o.EndFrame)
	}
	return s
}

func summarizeResponders(tracker *Tracker, i Index) string {
	s := fmt.Sprint(i)
	for _, r := range tracker.AppendResponders(nil, i) {
		name := r.Addr.String()
		for n, a := range peers {
			if a == r.Addr {
				name = n
			}
		}
		s += fmt.Sprintf(" %s(%d %s %s", name, r.Frame, r.RTT, r.Code.Dotted())
		if r.Responses > 1 {
			s += fmt.Sprintf(" ×%d", r.Responses)
		}
		if r.Duplicates > 0 {
			s += fmt.Sprintf(" duplicates %d", r.Duplicates)
		}
		if r.Late {
			s += " late"
		}
		s += ")"
	}
	return s
}

func TestTrackerTransfers(t *testing.T) {
	for _, trace := range []struct{ name, script string }{
		{"download with late negotiation, a retransmission, a separate response (RFC 7959 figures 2, 5, 6)", `
			0    c>s CON 0.01 1 aa 11:x
			0.1  s>c ACK 2.05 1 aa 4=01 23=08 28=64 +16
			0.2  c>s CON 0.01 2 ab 11:x 23=10
			2.2  c>s CON 0.01 2 ab 11:x 23=10
			2.3  s>c ACK 0.00 2 -
			2.4  s>c CON 2.05 9 ab 4=01 23=18 +16
			2.5  c>s ACK 0.00 9 -
			2.6  c>s CON 0.01 3 ac 11:x 23=20
			2.7  s>c ACK 2.05 3 ac 4=01 23=20 +5
			~ 1 GET /x complete 2.05 frames [1 2 3 4 5 6 7 8 9] exchanges 3; down 3 of 16, 37/37 whole etag 01
			~ 2 none`},
		{"the client asks for a smaller size at once, and later (figures 3, 4)", `
			0    c>s CON 0.01 1 aa 11:x 23=01
			0.1  s>c ACK 2.05 1 aa 23=09 28=50 +32
			0.2  c>s CON 0.01 2 ab 11:x 23=20
			0.3  s>c ACK 2.05 2 ab 23=28 +16
			0.4  c>s CON 0.01 3 ac 11:x 23=30
			0.5  s>c ACK 2.05 3 ac 23=38 +16
			~ 1 GET /x open 2.05 frames [1 2 3 4 5 6] exchanges 3; down 3 of 16, 64/80 reduced 1 gaps 1`},
		{"upload, the server reduces the size (figure 9)", `
			0    c>s CON 0.03 1 aa 11:x 27=0a 60=00c8 +64
			0.1  s>c ACK 2.31 1 aa 27=08
			0.2  c>s CON 0.03 2 ab 11:x 27=48 +16
			0.3  s>c ACK 2.31 2 ab 27=48
			0.4  c>s CON 0.03 3 ac 11:x 27=50 +8
			0.5  s>c ACK 2.04 3 ac 27=50
			~ 1 PUT /x complete 2.04 frames [1 2 3 4 5 6] exchanges 3; up 3 of 16, 88/88 reduced 1 whole`},
		{"both ways, one after the other (figure 11)", `
			0    c>s CON 0.02 1 aa 11:x 12=2a 27=08 +16
			0.1  s>c ACK 2.31 1 aa 27=08
			0.2  c>s CON 0.02 2 aa 11:x 12=2a 27=10 +16
			0.3  s>c ACK 2.04 2 aa 27=10 23=08 +16
			0.4  c>s CON 0.02 3 aa 11:x 23=10
			0.5  s>c ACK 2.04 3 aa 23=10 +3
			~ 1 POST /x complete 2.04 frames [1 2 3 4 5 6] exchanges 3; up 2 of 16, 32/32 whole; down 2 of 16, 19/19 whole
			~ 2 none`},
		{"two resources at once, the same token for both", `
			0    c>s CON 0.01 1 aa 11:x
			0.1  s>c ACK 2.05 1 aa 23=08 +16
			0.2  c>s CON 0.01 2 aa 11:y
			0.3  s>c ACK 2.05 2 aa 23=08 +16
			0.4  c>s CON 0.01 3 aa 11:x 23=10
			0.5  s>c ACK 2.05 3 aa 23=10 +1
			0.6  c>s CON 0.01 4 aa 11:y 23=10
			0.7  s>c ACK 2.05 4 aa 23=10 +2
			~ 1 GET /x complete 2.05 frames [1 2 5 6] exchanges 2; down 2 of 16, 17/17 whole
			~ 2 GET /y complete 2.05 frames [3 4 7 8] exchanges 2; down 2 of 16, 18/18 whole`},
		{"the same resource twice at once: by token, by what comes next, by another Accept", `
			0    c>s CON 0.01 1 aa 11:x
			0.1  s>c ACK 2.05 1 aa 23=08 +16
			0.2  c>s CON 0.01 2 bb 11:x
			0.3  s>c ACK 2.05 2 bb 23=08 +16
			0.4  c>s CON 0.01 3 aa 11:x 23=10
			0.5  c>s CON 0.01 4 bb 11:x 23=10
			0.6  s>c ACK 2.05 4 bb 23=18 +16
			0.7  s>c ACK 2.05 3 aa 23=18 +16
			0.8  c>s CON 0.01 5 bb 11:x 23=20
			0.9  s>c ACK 2.05 5 bb 23=28 +16
			1.0  c>s CON 0.01 6 cc 11:x 17=32
			1.1  s>c ACK 2.05 6 cc 23=08 +16
			// from now on with new tokens
			1.2  c>s CON 0.01 7 d1 11:x 23=20
			1.3  c>s CON 0.01 8 d2 11:x 23=30
			1.4  c>s CON 0.01 9 d3 11:x 17=32 23=10
			1.5  s>c ACK 2.05 7 d1 23=20 +1
			1.6  s>c ACK 2.05 8 d2 23=30 +2
			1.7  s>c ACK 2.05 9 d3 23=10 +3
			~ 1 GET /x complete 2.05 frames [1 2 5 8 13 16] exchanges 3; down 3 of 16, 33/33 whole
			~ 2 GET /x complete 2.05 frames [3 4 6 7 9 10 14 17] exchanges 4; down 4 of 16, 50/50 whole
			~ 3 GET /x complete 2.05 frames [11 12 15 18] exchanges 2; down 2 of 16, 19/19 whole`},
		{"uploads at once, told apart by Request-Tag (RFC 9175 §3.5.1); one tells nothing apart", `
			0    c>s CON 0.03 1 a1 11:x 27=08 292=01 +16
			0.1  c>s CON 0.03 2 b1 11:x 27=08 292=02 +16
			0.2  s>c ACK 2.31 2 b1 27=08
			0.3  s>c ACK 2.31 1 a1 27=08
			0.4  c>s CON 0.03 3 a2 11:x 27=10 292=01 +4
			0.5  c>s CON 0.03 4 b2 11:x 27=10 292=02 +5
			0.6  s>c ACK 2.04 4 b2 27=10
			0.7  s>c ACK 2.04 3 a2 27=10
			~ 1 PUT /x complete 2.04 frames [1 4 5 8] exchanges 2 tag 01; up 2 of 16, 20/20 whole
			~ 2 PUT /x complete 2.04 frames [2 3 6 7] exchanges 2 tag 02; up 2 of 16, 21/21 whole`},
		{"the representation changes; the client begins again", `
			0    c>s CON 0.01 1 aa 11:x
			0.1  s>c ACK 2.05 1 aa 4=01 23=08 +16
			0.2  c>s CON 0.01 2 ab 11:x 23=10
			0.3  s>c ACK 2.05 2 ab 4=02 23=18 +16
			0.4  c>s CON 0.01 3 ac 11:x
			0.5  s>c ACK 2.05 3 ac 4=02 23=08 +16
			0.6  c>s CON 0.01 4 ad 11:x 23=10
			0.7  s>c ACK 2.05 4 ad 4=02 23=10 +9
			~ 1 GET /x complete 2.05 frames [1 2 3 4 5 6 7 8] exchanges 4 restarts 1; down 3 of 16, 25/25 foreign 1 whole etag 02
			// and a later download is another
			10   c>s CON 0.01 5 ba 11:x
			10.1 s>c ACK 2.05 5 ba 4=02 23=08 +16
			~ 2 GET /x open 2.05 frames [9 10] exchanges 1; down 1 of 16, 16 etag 02`},
		{"4.08 and 4.13 make an upload begin again, with smaller blocks", `
			0    c>s CON 0.03 1 aa 11:x 27=0a +64
			0.1  s>c ACK 4.13 1 aa 27=08
			0.2  c>s CON 0.03 2 ab 11:x 27=08 +16
			0.3  s>c ACK 2.31 2 ab 27=08
			0.4  c>s CON 0.03 3 ac 11:x 27=18 +16
			0.5  s>c ACK 4.08 3 ac 27=18
			0.6  c>s CON 0.03 4 ad 11:x 27=08 +16
			0.7  s>c ACK 2.31 4 ad 27=08
			0.8  c>s CON 0.03 5 ae 11:x 27=10 +2
			0.9  s>c ACK 2.04 5 ae 27=10
			~ 1 PUT /x complete 2.04 frames [1 2 3 4 5 6 7 8 9 10] exchanges 5 restarts 2; up 5 of 16, 18/18 reduced 1 whole`},
		{"a block is asked for again after silence, with another message ID", `
			0    c>s NON 0.01 1 aa 11:x 23=00
			0.1  s>c NON 2.05 7 aa 23=08 +16
			1    c>s NON 0.01 2 aa 11:x 23=10
			9    c>s NON 0.01 3 aa 11:x 23=10
			9.1  s>c NON 2.05 8 aa 23=18 +16
			9.2  c>s NON 0.01 4 aa 11:x 23=00
			9.3  s>c NON 2.05 9 aa 23=08 +16
			9.4  c>s NON 0.01 5 aa 11:x 23=20
			9.5  s>c NON 4.04 10 aa
			~ 1 GET /x failed 4.04 frames [1 2 3 4 5 8 9] exchanges 4; down 2 of 16, 32`},
		{"seen from the middle on, and single blocks", `
			0    c>s CON 0.01 1 aa 11:x 23=50
			0.1  s>c ACK 2.05 1 aa 23=58 28=64 +16
			0.2  c>s CON 0.01 2 ab 11:x 23=60
			0.3  s>c ACK 2.05 2 ab 23=60 +4
			0.4  c>s CON 0.01 3 ac 11:x 23=20
			0.5  s>c ACK 2.05 3 ac 23=28 +16
			1    c>s CON 0.03 4 ad 11:x 27=18 +16
			1.1  s>c ACK 2.31 4 ad 27=18
			2    c>s CON 0.01 5 ae 11:y 23=02
			2.1  s>c ACK 2.05 5 ae 23=02 +7
			3    c>s CON 0.03 6 af 11:y 27=02 +7
			3.1  s>c ACK 2.04 6 af 27=02
			~ 1 GET /x open 2.05 frames [1 2 3 4 5 6] exchanges 3; down 3 of 16, 36/100 gaps 2
			~ 2 PUT /x open 2.31 frames [7 8] exchanges 1; up 1 of 16, 16 gaps 1
			~ 3 none`},
		{"notifications in blocks (RFC 7959 figures 12, 13)", `
			0    c>s CON 0.01 1 aa 6= 11:x
			0.1  s>c ACK 2.05 1 aa 6=01 4=01 23=08 +16
			0.2  c>s CON 0.01 2 ab 11:x 23=10
			0.3  s>c ACK 2.05 2 ab 4=01 23=10 +5
			10   s>c CON 2.05 9 aa 6=02 4=02 23=08 +16
			10.1 c>s ACK 0.00 9 -
			10.2 c>s CON 0.01 3 ac 11:x 23=10
			10.3 s>c ACK 2.05 3 ac 4=02 23=10 +6
			20   s>c NON 2.05 10 aa 6=03 4=03 +9
			= 1 CON GET /x observing 2.05 rtt 100ms frames [1 2 5 6 9] responses 3 notifications 3 sequence 3
			~ 1 GET /x complete 2.05 frames [1 2 3 4] exchanges 2 notification 1 of 1; down 2 of 16, 21/21 whole etag 01
			~ 2 GET /x complete 2.05 frames [5 6 7 8] exchanges 2 notification 2 of 1; down 2 of 16, 22/22 whole etag 02
			~ 3 none
			o 1 GET /x active 2.05 token aa registrations 1: 1(2 ~1) 2(5 9.9s +1 ~2) 3(9 10s +1) waits 9.9s to 10s`},
		{"a notification in blocks whose registration was not seen", `
			10   s>c CON 2.05 9 aa 6=02 4=02 23=08 +16
			10.1 c>s ACK 0.00 9 -
			10.2 c>s CON 0.01 3 ac 11:x 23=10
			10.3 s>c ACK 2.05 3 ac 4=02 23=10 +6
			~ 1 GET /x complete 2.05 frames [1 2 3 4] exchanges 2 notification 1 of 1; down 2 of 16, 22/22 whole etag 02
			~ 2 none`},
		{"a group answers in blocks; the rest is asked of each (RFC 7959 figure 14)", `
			0    c>m NON 0.01 1 aa 11:x 23=00
			0.1  s>c NON 2.05 7 aa 23=08 +16
			0.2  t>c NON 2.05 8 aa 23=08 +16
			1    c>t CON 0.01 2 ab 11:x 23=10
			1.1  t>c ACK 2.05 2 ab 23=10 +1
			2    c>s CON 0.01 3 ac 11:x 23=10
			2.1  s>c ACK 2.05 3 ac 23=10 +2
			~ 1 GET /x complete 2.05 frames [2 6 7] exchanges 2; down 2 of 16, 18/18 whole
			~ 2 GET /x complete 2.05 frames [3 4 5] exchanges 2; down 2 of 16, 17/17 whole
			r 1 s(2 100ms 2.05) t(3 200ms 2.05)`},
		{"TCP: several blocks at once (BERT, RFC 8323 §6)", `
			0    c>s TCP 0.01 aa 11:x 23=07
			0.1  s>c TCP 2.05 aa 23=0f +2048
			0.2  c>s TCP 0.01 aa 11:x 23=27
			0.3  s>c TCP 2.05 aa 23=2f +3072
			0.4  c>s TCP 0.01 aa 11:x 23=57
			0.5  s>c TCP 2.05 aa 23=57 +1500
			1    c>s TCP 0.03 bb 11:x 27=0f +4096
			1.1  s>c TCP 2.31 bb 27=0f
			1.2  c>s TCP 0.03 bb 11:x 27=47 +100
			1.3  s>c TCP 2.04 bb 27=47
			~ 1 GET /x complete 2.05 frames [1 2 3 4 5 6] exchanges 3; down 3 of 1024, 6620/6620 BERT whole
			~ 2 PUT /x complete 2.04 frames [7 8 9 10] exchanges 2; up 2 of 1024, 4196/4196 BERT whole`},
		{"blocks overlap, and have the wrong length", `
			0    c>s CON 0.03 1 aa 11:x 27=08 +16
			0.1  c>s CON 0.03 2 aa 11:x 27=28 +16
			0.2  c>s CON 0.03 3 aa 11:x 27=09 +32
			0.3  c>s CON 0.03 4 aa 11:x 27=49 +9
			0.4  c>s CON 0.03 5 aa 11:x 27=58 +99
			0.5  c>s CON 0.03 6 aa 11:x 27=32 +64
			~ 1 PUT /x open 0.00 frames [1 2 3 4 5 6] exchanges 6 restarts 1; up 6 of 64, 121/256 reduced 1 gaps 3`},
	} {
		t.Run(trace.name, func(t *testing.T) { trackTrace(t, trace.script) })
	}
}

// blocks gives a line for each of the blocks: # is its number in hexadecimal, ID a message ID of its own, BLOCK its option.
func blocks(line string, last int, numbers ...int) string {
	var b strings.Builder
	for _, i := range numbers {
		block := protocol.Block{Num: uint32(i), More: i < last}.Value()
		b.WriteString(strings.NewReplacer("#", fmt.Sprintf("%x", i), "ID", fmt.Sprint(300+i), "BLOCK", fmt.Sprintf("%x", block)).Replace(line) + "\n")
	}
	return b.String()
}

// The figures of RFC 9177 §10, with blocks of 16.
func TestTrackerQBlockTransfers(t *testing.T) {
	for _, trace := range []struct{ name, script string }{
		{"figure 2", `
			0    c>s NON 0.03 129 c0 11:x 292=09 60=40 19=08 +16
			0    c>s NON 0.03 130 c1 11:x 292=09 60=40 19=18 +16
			0    c>s NON 0.03 131 c2 11:x 292=09 60=40 19=28 +16
			0    c>s NON 0.03 132 c3 11:x 292=09 60=40 19=30 +16
			0.1  s>c NON 2.04 241 c3                          | 4 separate response no. 1 to 4 after 100ms
			= 1 NON PUT /x silent 0.00 frames [1] Block1? 0/1/16
			= 4 NON PUT /x answered 2.04 rtt 100ms frames [4 5] responses 1 Block1? 3/0/16
			~ 1 PUT /x complete 2.04 frames [1 2 3 4 5] exchanges 4 tag 09; up 4 of 16, 64/64 Q whole`},
		{"figure 3", blocks("0 c>s NON 0.03 ID f# 11:x 292=0a 60=b0 19=BLOCK +16", 10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9) + `
			0.1  s>c NON 2.31 81 f9                           | 10 separate response no. 1 to 10 after 100ms
			0.2  c>s NON 0.03 11 fb 11:x 292=0a 60=b0 19=a0 +16
			0.3  s>c NON 2.04 82 fb                           | 11 separate response no. 1 to 12 after 100ms
			~ 1 PUT /x complete 2.04 frames [1 2 3 4 5 6 7 8 9 10 11 12 13] exchanges 11 tag 0a; up 11 of 16, 176/176 Q whole`},
		{"figures 4 and 5", blocks("0 c>s NON 0.03 ID e# 11:x 292=0b 60=d0 19=BLOCK +16", 12, 0, 2, 3, 4, 5, 6, 7, 8, 11) + `
			0.1  s>c NON 4.08 145 eb 12=0110 @0109            | 9 separate response no. 1 to 9 after 100ms
			0.2  c>s NON 0.03 29 ed 11:x 292=0b 60=d0 19=18 +16
			0.2  c>s NON 0.03 30 ee 11:x 292=0b 60=d0 19=98 +16
			0.2  c>s NON 0.03 31 ef 11:x 292=0b 60=d0 19=c0 +16
			4    s>c NON 4.08 146 ef 12=0110 @0a              | 12 separate response no. 1 to 13 after 3.8s
			4.1  c>s NON 0.03 32 f0 11:x 292=0b 60=d0 19=a8 +16
			4.2  s>c NON 2.04 147 f0
			~ 1 PUT /x complete 2.04 frames [1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16] exchanges 13 tag 0b; up 13 of 16, 208/208 asked 3 Q whole`},
		{"figure 6: the server gives up", `
			0    c>s NON 0.03 1 d0 11:x 292=0c 60=30 19=08 +16
			0    c>s NON 0.03 3 d2 11:x 292=0c 60=30 19=20 +16
			4    s>c NON 4.08 11 d2 12=0110 @01               | 2 separate response no. 1 to 2 after 4s
			12   s>c NON 4.08 12 d2 12=0110 @01               | 2 separate response no. 2 to 2 after 12s
			28   s>c NON 4.08 13 d2 12=0110 @01               | 2 separate response no. 3 to 2 after 28s
			= 2 NON PUT /x answered 4.08 rtt 4s frames [2 3 4 5] responses 3 Block1? 2/0/16
			~ 1 PUT /x open 4.08 frames [1 2 3 4 5] exchanges 2 tag 0c; up 2 of 16, 32/48 asked 3 gaps 1 Q`},
		{"figure 7", `
			0    c>s NON 0.01 1 c0 6= 11:x 31=08
			0.1  s>c NON 2.05 241 c0 6=04c4 4=13 28=34 31=08 +16 | 1 separate response no. 1 to 1 after 100ms
			0.1  s>c NON 2.05 242 c0 6=04c4 4=13 28=34 31=18 +16 | 1 separate response no. 2 to 1 after 100ms
			0.1  s>c NON 2.05 243 c0 6=04c4 4=13 28=34 31=28 +16
			0.1  s>c NON 2.05 244 c0 6=04c4 4=13 28=34 31=30 +4
			9    s>c NON 2.05 245 c0 6=04c5 4=14 28=34 31=08 +16 | 1 notification no. 5 to 1
			9    s>c NON 2.05 246 c0 6=04c5 4=14 28=34 31=18 +16 | 1 notification no. 6 to 1
			9    s>c NON 2.05 247 c0 6=04c5 4=14 28=34 31=28 +16
			9    s>c NON 2.05 248 c0 6=04c5 4=14 28=34 31=30 +4
			= 1 NON GET /x observing 2.05 rtt 100ms frames [1 2 3 4 5 6 7 8 9] responses 8 notifications 2 sequence 1221 Block2? 0/1/16 Block2 3/0/16
			~ 1 GET /x complete 2.05 frames [1 2 3 4 5] exchanges 1 notification 1 of 1; down 4 of 16, 52/52 Q whole etag 13
			~ 2 GET /x complete 2.05 frames [6 7 8 9] exchanges 1 notification 2 of 1; down 4 of 16, 52/52 Q whole etag 14
			o 1 GET /x active 2.05 token c0 registrations 1: 1220(2 ~1) 1221(6 8.9s +1 ~2) waits 8.9s to 8.9s`},
		{"figure 8: the client lets the server continue, twice", `
			0    c>s NON 0.01 1 f0 6= 11:x 31=08
			` + blocks("0.1 s>c NON 2.05 ID f0 6=04d2 4=15 28=b0 31=BLOCK +16", 10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9) + `
			0.2  c>s NON 0.01 2 f1 11:x 31=a8
			0.3  s>c NON 2.05 139 f0 6=04d2 4=15 28=b0 31=a0 +16 | 1 separate response no. 11 to 1 after 300ms
			9    s>c NON 2.05 140 f0 6=04d3 4=16 28=14 31=08 +16 | 1 notification no. 12 to 1
			9.1  c>s NON 0.01 3 f2 11:x 31=18
			9.2  s>c NON 2.05 141 f0 6=04d3 4=16 28=14 31=10 +4
			~ 1 GET /x complete 2.05 frames [1 2 3 4 5 6 7 8 9 10 11 12 13] exchanges 2 notification 1 of 1; down 11 of 16, 176/176 Q whole etag 15
			~ 2 GET /x complete 2.05 frames [14 15 16] exchanges 2 notification 2 of 1; down 2 of 16, 20/20 Q whole etag 16
			= 2 NON GET /x silent 0.00 frames [12] Block2? 10/1/16`},
		{"figure 9: several Q-Block2 options ask for what is missing", `
			0    c>s NON 0.01 1 f0 6= 11:x 31=08
			0.1  s>c NON 2.05 160 f0 6=04d3 4=16 28=04 31= +4
			` + blocks("9 s>c NON 2.05 ID f0 6=04d4 4=17 28=b0 31=BLOCK +16", 10, 0, 2, 3, 4, 5, 6, 7, 8, 10) + `
			9.1  c>s NON 0.01 4 f3 11:x 31=10 31=90
			9.2  s>c NON 2.05 173 f3 4=17 28=b0 31=98 +16      | 2 separate response no. 1 to 12 after 100ms
			12   c>s NON 0.01 5 f4 11:x 31=10
			12.1 s>c NON 2.05 174 f4 4=17 28=b0 31=18 +16      | 3 separate response no. 1 to 14 after 100ms
			12.2 s>c NON 2.05 175 f4 4=17 28=b0 31=18 +16      | 3 separate response no. 2 to 14 after 200ms
			~ 1 GET /x complete 2.05 frames [3 4 5 6 7 8 9 10 11 12 13 14 15 16] exchanges 3 notification 2 of 1; down 11 of 16, 176/176 retried 1 asked 3 Q whole etag 17
			~ 2 none`},
		{"figures 13 to 15: both, with losses both ways", `
			0    c>s NON 0.05 80 c0 6= 11:x 292=1f 60=40 19=08 +16
			0    c>s NON 0.05 83 c3 6= 11:x 292=1f 60=40 19=30 +16
			3    s>c NON 4.08 160 c3 12=0110 @0102
			3.1  c>s NON 0.05 84 c4 6= 11:x 292=1f 60=40 19=18 +16
			3.1  c>s NON 0.05 85 c5 6= 11:x 292=1f 60=40 19=28 +16
			3.2  s>c NON 2.05 161 c3 6=04d4 4=17 28=40 31=08 +16
			3.2  s>c NON 2.05 163 c3 6=04d4 4=17 28=40 31=28 +16
			6    c>s NON 0.05 86 c6 11:x 292=1f 31=10 31=30
			6.1  s>c NON 2.05 166 c6 4=17 28=40 31=30 +16
			9    c>s NON 0.05 87 c7 11:x 292=1f 31=10
			9.1  s>c NON 2.05 167 c7 4=17 28=40 31=18 +16
			20   s>c NON 2.05 168 c3 6=0539 4=18 28=30 31=08 +16
			20   s>c NON 2.05 170 c3 6=0539 4=18 28=30 31=20 +16
			23   c>s NON 0.05 88 c8 11:x 292=1f 31=10
			23.1 s>c NON 2.05 171 c8 4=18 28=30 31=18 +16
			~ 1 FETCH /x complete 2.05 frames [1 2 3 4 5 6 7 8 9 10 11] exchanges 6 tag 1f; up 4 of 16, 64/64 asked 2 Q whole; down 4 of 16, 64/64 asked 3 Q whole etag 17
			~ 2 FETCH /x complete 2.05 frames [12 13 14 15] exchanges 2 tag 1f notification 2 of 1; down 3 of 16, 48/48 asked 1 Q whole etag 18`},
		{"confirmable: the request to continue is acknowledged before the next block", `
			0    c>s CON 0.01 1 aa 11:x 31=08
			0.1  s>c ACK 2.05 1 aa 4=01 28=24 31=08 +16
			0.2  c>s CON 0.01 2 ab 11:x 31=18
			0.3  s>c ACK 0.00 2 -
			0.4  s>c CON 2.05 7 aa 4=01 28=24 31=18 +16
			= 2 CON GET /x silent 0.00 frames [3 4] Block2? 1/1/16`},
		{"confirmable: the first block in the ACK, the others in messages of their own (§4.4)", `
			0    c>s CON 0.01 1 aa 11:x 31=08
			0.1  s>c ACK 2.05 1 aa 4=01 28=24 31=08 +16          | 1 piggybacked response no. 1 to 1 after 100ms
			0.2  s>c CON 2.05 7 aa 4=01 28=24 31=18 +16          | 1 separate response no. 2 to 1 after 200ms
			0.3  c>s ACK 0.00 7 -                                | 1 acknowledgement no. 1 to 3 after 100ms
			0.4  s>c CON 2.05 8 aa 4=01 28=24 31=20 +4           | 1 separate response no. 3 to 1 after 400ms
			2.4  s>c CON 2.05 8 aa 4=01 28=24 31=20 +4           | 1 duplicate response no. 1 to 5
			~ 1 GET /x complete 2.05 frames [1 2 3 4 5 6] exchanges 1; down 3 of 16, 36/36 Q whole etag 01`},
		{"confirmable: the client lets the server continue when all has come already", `
			0    c>s CON 0.01 1 aa 11:x 31=08
			0.1  s>c ACK 2.05 1 aa 4=01 28=24 31=08 +16
			0.2  s>c CON 2.05 7 aa 4=01 28=24 31=18 +16
			0.3  s>c CON 2.05 8 aa 4=01 28=24 31=20 +4
			0.4  c>s CON 0.01 2 ab 11:x 31=28
			0.5  s>c ACK 0.00 2 -
			~ 1 GET /x complete 2.05 frames [1 2 3 4 5 6] exchanges 2; down 3 of 16, 36/36 Q whole etag 01
			~ 2 none
			= 2 CON GET /x silent 0.00 frames [5 6] Block2? 2/1/16`},
		{"blocks are asked for again when they are already on their way, and the last as well", `
			0    c>s NON 0.01 1 aa 11:x 31=08
			0.1  s>c NON 2.05 7 aa 4=01 28=24 31=08 +16
			0.2  s>c NON 2.05 8 aa 4=01 28=24 31=20 +4
			0.3  s>c NON 2.05 9 aa 4=01 28=24 31=18 +16
			0.4  c>s NON 0.01 2 ab 11:x 31= 31=10
			~ 1 GET /x complete 2.05 frames [1 2 3 4 5] exchanges 2; down 3 of 16, 36/36 asked 2 Q whole etag 01
			0.5  s>c NON 2.05 10 ab 4=01 28=24 31=08 +16
			0.6  s>c NON 2.05 11 ab 4=01 28=24 31=18 +16
			~ 1 GET /x complete 2.05 frames [1 2 3 4 5 6 7] exchanges 2; down 3 of 16, 36/36 retried 2 asked 2 Q whole etag 01
			1    c>s NON 0.01 3 ac 11:x 31=10
			1.1  s>c RST 0.00 3 -
			~ 1 GET /x complete 2.05 frames [1 2 3 4 5 6 7 8 9] exchanges 3; down 3 of 16, 36/36 retried 2 asked 3 Q whole etag 01
			~ 2 none`},
		{"and what comes then is of a new representation", `
			0    c>s NON 0.01 1 aa 11:x 31=08
			0.1  s>c NON 2.05 7 aa 4=01 28=24 31=08 +16
			0.2  s>c NON 2.05 8 aa 4=01 28=24 31=20 +4
			0.3  s>c NON 2.05 9 aa 4=01 28=24 31=18 +16
			0.4  c>s NON 0.01 2 ab 11:x 31=10
			0.5  s>c NON 2.05 10 ab 4=02 28=24 31=18 +16
			~ 1 GET /x complete 2.05 frames [1 2 3 4 5] exchanges 2; down 3 of 16, 36/36 asked 1 Q whole etag 01
			~ 2 GET /x open 2.05 frames [6] exchanges 1; down 1 of 16, 16/36 gaps 2 Q etag 02`},
		{"several bodies that nobody asked for, beside notifications", `
			0    c>s NON 0.01 1 aa 6= 11:x
			0.1  s>c NON 2.05 7 aa 6=01 +4
			0.2  s>c NON 2.05 8 aa 6=02 +4
			0.3  s>c NON 2.05 9 aa 4=01 31=08 +16
			0.4  s>c NON 2.05 10 aa 6=03 +4
			0.5  s>c NON 2.05 11 aa 4=02 31=08 +16
			~ 1 GET /x open 2.05 frames [1 2 3 4] exchanges 1; down 1 of 16, 16 Q etag 01
			~ 2 GET /x open 2.05 frames [6] exchanges 1; down 1 of 16, 16 Q etag 02`},
		{"a block of an upload comes again after the final response", `
			0    c>s NON 0.03 1 c0 11:x 292=09 60=14 19=08 +16
			0    c>s NON 0.03 2 c1 11:x 292=09 60=14 19=10 +4
			0.1  s>c NON 2.04 7 c1
			0.2  c>s NON 0.03 3 c2 11:x 292=09 60=14 19=08 +16
			~ 1 PUT /x complete 2.04 frames [1 2 3 4] exchanges 3 tag 09; up 2 of 16, 20/20 retried 1 Q whole`},
		{"over TCP", `
			0    c>s TCP 0.01 aa 11:x 31=08
			0.1  s>c TCP 2.05 aa 4=01 28=14 31=08 +16            | 1 separate response no. 1 to 1 after 100ms
			0.2  s>c TCP 2.05 aa 4=01 28=14 31=10 +4             | 1 separate response no. 2 to 1 after 200ms
			1    c>s TCP 0.03 bb 11:x 292=01 60=14 19=08 +16
			1    c>s TCP 0.03 bc 11:x 292=01 60=14 19=10 +4
			1.1  s>c TCP 2.04 bc
			~ 1 GET /x complete 2.05 frames [1 2 3] exchanges 1; down 2 of 16, 20/20 Q whole etag 01
			~ 2 PUT /x complete 2.04 frames [4 5 6] exchanges 2 tag 01; up 2 of 16, 20/20 Q whole`},
		{"the server does not know the option", `
			0    c>s CON 0.03 1 aa 11:x 292=01 60=14 19=08 +16
			0.1  s>c ACK 4.02 1 aa
			0.2  c>s CON 0.03 2 ab 11:x 292=01 60=14 27=08 +16
			0.3  s>c ACK 2.31 2 ab 27=08
			~ 1 PUT /x failed 4.02 frames [1 2] exchanges 1 tag 01; up 1 of 16, 16/20 gaps 1 Q
			~ 2 PUT /x open 2.31 frames [3 4] exchanges 1 tag 01; up 1 of 16, 16/20 gaps 1`},
	} {
		t.Run(trace.name, func(t *testing.T) { trackTrace(t, trace.script) })
	}
}

func TestTrackerObservations(t *testing.T) {
	for _, trace := range []struct{ name, script string }{
		{"renewed with the same token and another, deregistered", `
			0    c>s CON 0.01 1 aa 6= 11:x
			0.1  s>c ACK 2.05 1 aa 6=05
			60   c>s CON 0.01 2 aa 6= 11:x
			60.1 s>c ACK 2.05 2 aa 6=06
			70   s>c NON 2.05 8 aa 6=09
			71   s>c NON 2.05 7 aa 6=08
			120  c>s CON 0.01 3 bb 6= 11:x
			120.1 s>c ACK 2.05 3 bb 6=0a
			130  c>s CON 0.01 4 bb 6=01 11:x
			130.1 s>c ACK 2.05 4 bb
			140  c>s CON 0.01 5 bb 6= 11:x
			o 1 GET /x deregistered 2.05 token bb registrations 3: 5(2) 6(4 1m0s +1) 9(5 9.9s +3) 8(6 1s -1 stale) 10(8 49.1s +1) missing 1 waits 1s to 1m0s end 9
			o 2 GET /x asked 0.00 token bb registrations 1:`},
		{"rejected", `
			0    c>s CON 0.01 1 aa 6= 11:x
			0.1  s>c ACK 2.05 1 aa 6=05
			10   s>c CON 2.05 7 aa 6=06
			10.1 c>s RST 0.00 7 -
			20   c>s CON 0.01 2 aa 6= 11:x
			20.1 s>c ACK 2.05 2 aa 6=07
			o 1 GET /x rejected 2.05 token aa registrations 1: 5(2) 6(3 9.9s +1) waits 9.9s to 9.9s end 4
			o 2 GET /x active 2.05 token aa registrations 1: 7(6)`},
		{"refused in three ways; ended by an error, by a response without Observe, by another request with its token", `
			0    c>s CON 0.01 1 aa 6= 11:a
			0.1  s>c ACK 2.05 1 aa
			1    c>s CON 0.01 2 ab 6= 11:b
			1.1  s>c ACK 4.04 2 ab
			2    c>s CON 0.01 3 ac 6= 11:c
			2.1  s>c RST 0.00 3 -
			3    c>s CON 0.01 4 ad 6= 11:d
			3.1  s>c ACK 2.05 4 ad 6=01
			3.2  s>c NON 4.04 9 ad
			4    c>s CON 0.01 5 ae 6= 11:e
			4.1  s>c ACK 2.05 5 ae 6=01
			4.2  s>c NON 2.05 10 ae
			5    c>s CON 0.01 6 af 6= 11:f
			5.1  s>c ACK 2.05 6 af 6=01
			5.2  c>s CON 0.01 7 af 11:g
			o 1 GET /a refused 0.00 token aa registrations 1: end 2
			o 2 GET /b refused 0.00 token ab registrations 1: end 4
			o 3 GET /c refused 0.00 token ac registrations 1: end 6
			o 4 GET /d failed 2.05 token ad registrations 1: 1(8) end 9
			o 5 GET /e withdrawn 2.05 token ae registrations 1: 1(11) end 12
			o 6 GET /f replaced 2.05 token af registrations 1: 1(14) end 15`},
		{"begun before the first frame; later renewed", `
			0    s>c CON 2.05 7 aa 6=06
			5    s>c CON 2.05 8 aa 6=07
			9    c>s CON 0.01 1 aa 6= 11:x
			9.1  s>c ACK 2.05 1 aa 6=08
			o 1 GET /x active 2.05 token aa registrations 1: 6(1) 7(2 5s +1) 8(4 4.1s +1) waits 4.1s to 5s
			o 2 none`},
		{"after hours", `
			0    c>s CON 0.01 1 aa 6= 11:x
			0.1  s>c ACK 2.05 1 aa 6=05
			// two rotations of the tables later
			1021 d>s NON 0.01 1 dd
			1600 d>s NON 0.01 2 dd
			2400 s>c NON 2.05 9 aa 6=06
			4000 d>s NON 0.01 3 dd
			5000 d>s NON 0.01 4 dd
			6000 c>s CON 0.01 2 ab 6= 11:x
			6000.1 s>c ACK 2.05 2 ab 6=07
			o 1 GET /x active 2.05 token ab registrations 2: 5(2) 6(5 39m59.9s +1) 7(9 1h0m0.1s +1) waits 39m59.9s to 1h0m0.1s
			o 2 none`},
		{"FETCH with different Accept are two (RFC 8132 §2.4)", `
			0    c>s CON 0.05 1 aa 6= 11:x 17=32
			0    c>s CON 0.05 2 ab 6= 11:x 17=3c
			0.1  s>c ACK 2.05 1 aa 6=05
			0.2  s>c ACK 2.05 2 ab 6=05
			o 1 FETCH /x active 2.05 token aa registrations 1: 5(3)
			o 2 FETCH /x active 2.05 token ab registrations 1: 5(4)`},
	} {
		t.Run(trace.name, func(t *testing.T) { trackTrace(t, trace.script) })
	}
}

func TestTrackerGroups(t *testing.T) {
	for _, trace := range []struct{ name, script string }{
		{"each responder once, with copies, other messages, and late", `
			0    c>m NON 0.01 1 aa 11:x
			0.1  s>c NON 2.05 7 aa                    | 1 separate response no. 1 to 1 after 100ms
			0.2  s>c NON 2.05 7 aa                    | 1 duplicate response no. 1 to 2
			0.3  t>c NON 4.04 7 aa                    | 1 separate response no. 2 to 1 after 300ms
			0.4  s>c NON 2.05 8 aa                    | 1 duplicate response no. 2 to 2
			9    d>c NON 2.05 9 aa                    | 1 separate response no. 3 to 1 after 9s
			r 1 s(2 100ms 2.05 duplicates 2) t(4 300ms 4.04) d(6 9s 2.05 late)
			r 2`},
		{"observed", `
			0    c>m NON 0.01 1 aa 6= 11:x
			0.1  s>c NON 2.05 7 aa 6=07               | 1 separate response no. 1 to 1 after 100ms
			0.2  t>c NON 2.05 7 aa 6=01               | 1 separate response no. 2 to 1 after 200ms
			3    t>c NON 2.05 8 aa 6=02               | 1 notification no. 3 to 1
			r 1 s(2 100ms 2.05) t(3 200ms 2.05 ×2)`},
	} {
		t.Run(trace.name, func(t *testing.T) {
			trackTrace(t, trace.script)
		})
	}
}

// Requests that are another one again, and those that want no answer.
func TestTrackerRelations(t *testing.T) {
	token := strings.Repeat("ee", 20)
	script := `
		0    c>s CON 0.03 1 aa 11:x
		0.1  s>c ACK 4.01 1 aa 252=0102
		0.2  c>s CON 0.03 2 ab 11:y 252=0102
		0.3  c>s CON 0.03 3 ac 11:x 252=0103
		0.4  c>s CON 0.03 4 ad 11:x 252=0102
		0.5  c>s CON 0.03 5 ae 11:x 252=0102
		1    c>s CON 0.01 6 ` + token + ` 11:x         | 6 request
		1.1  s>c RST 0.00 6 -                          | 6 reset no. 1 to 7 after 100ms
		1.2  c>s CON 0.01 7 ` + token[:30] + ` 11:x    | 7 request
		1.3  c>s CON 0.01 8 ` + token[:16] + ` 11:x    | 8 request
		2    c>s NON 0.03 9 ba 11:x 258=1a             | 9 request
		2.1  c>s CON 0.03 10 bb 11:x 258=1a            | 10 request
		2.2  s>c ACK 0.00 10 -                         | 10 acknowledgement no. 1 to 12 after 100ms
		2.3  c>s NON 0.03 11 bc 11:x 258=02            | 11 request
		2.4  s>c NON 4.04 12 bc                        | 11 separate response no. 1 to 14 after 100ms
		3    c>s CON 0.01 12 bd 11:a 35:coap://h:61616/p/q?r
		3.1  c>s CON 0.01 13 be 3:h.example 11:p 15:q=1 39:coaps
		3.2  c>s CON 0.01 14 bf 35:http://h/p`
	var want []string
	tracker := trackTrace(t, script)
	var got []string
	for i := range Index(tracker.Len()) {
		if e, _ := tracker.Exchange(i + 1); e.Repeats != 0 || e.RepeatedBy != 0 {
			got = append(got, fmt.Sprint(i+1, " repeats ", e.Repeats, " ", e.Repeat, ", repeated by ", e.RepeatedBy))
		}
		if e, _ := tracker.Exchange(i + 1); e.NoResponse != 0 || e.Proxy != "" {
			got = append(got, fmt.Sprint(i+1, " ", e.State, " ", e.NoResponse, " ", e.Proxy, " ", e.Path, " ", e.Query))
		}
	}
	want = []string{
		"1 repeats 0 no repetition, repeated by 4",
		"4 repeats 1 with Echo, repeated by 0",
		"6 repeats 0 no repetition, repeated by 8",
		"8 repeats 6 with a shorter token, repeated by 0",
		"9 silent 26  /x ",
		"10 silent 26  /x ",
		"11 answered 2  /x ",
		"12 open 0 coap://h:61616/p/q?r /p/q r",
		"13 open 0 coaps://h.example:5683/p?q=1 /p q=1",
		"14 open 0 http://h/p / ",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// However many gaps a body has, a block is placed quickly, and what is kept is bounded.
func TestTrackerBodyWithManyGaps(t *testing.T) {
	tracker := NewTracker()
	m := protocol.Message{Type: protocol.NonConfirmable, Code: protocol.PUT, Token: protocol.TokenOf([]byte{1}), Payload: make([]byte, 16)}
	const last = 3 * maxSpans
	for i := range last {
		m.MessageID = protocol.MessageID(i)
		m.Options = protocol.Options{{Number: protocol.Block1, Value: protocol.Block{Num: uint32(2*i + 1), More: true}.Value()}}
		data, err := m.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		tracker.Add(Observed{uint64(i + 1), start, peers["c"], peers["s"], 0, data})
	}
	c, _ := tracker.Transfer(1)
	if b := c.Request; tracker.Transfers() != 1 || b.Blocks != maxSpans || b.Gaps != maxSpans || b.Received != 16*maxSpans || b.Foreign != last-maxSpans {
		t.Fatalf("%d transfers: %+v", tracker.Transfers(), c)
	}
	// A block that closes a gap is placed still.
	m.MessageID = last
	m.Options = protocol.Options{{Number: protocol.Block1, Value: protocol.Block{Num: 2, More: true}.Value()}}
	data, _ := m.Append(nil)
	tracker.Add(Observed{last + 1, start, peers["c"], peers["s"], 0, data})
	if c, _ := tracker.Transfer(1); c.Request.Gaps != maxSpans-1 || c.Request.Blocks != maxSpans+1 {
		t.Fatalf("%+v", c)
	}
}

// What is taken along from one generation to the next is not gone through with each frame, though the times of a
// capture leap.
func TestTrackerLeapingClock(t *testing.T) {
	const observations, leaps = 400, 1000
	tracker, rotated := NewTracker(), 0
	client, server := netip.MustParseAddrPort("192.0.2.7:40000"), netip.MustParseAddrPort("192.0.2.1:5683")
	add := func(seconds int, from, to netip.AddrPort, m protocol.Message) FrameInfo {
		t.Helper()
		data, err := m.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		at := tracker.rotated
		info := tracker.Add(Observed{Frame: uint64(tracker.frames.length) + 1, Time: time.Unix(int64(seconds), 0), Source: from, Destination: to, Data: data})
		if tracker.rotated != at {
			rotated++
		}
		return info
	}
	notification := func(i, sequence int) protocol.Message {
		m := protocol.Message{Type: protocol.NonConfirmable, Code: protocol.Content, MessageID: protocol.MessageID(i + sequence), Token: protocol.TokenOf([]byte{byte(i), byte(i >> 8)})}
		m.Options = m.Options.AddUint(protocol.Observe, uint64(sequence))
		return m
	}
	for i := range observations {
		m := notification(i, 0)
		m.Code, m.MessageID = protocol.GET, protocol.MessageID(i)
		add(0, client, server, m)
		add(0, server, client, notification(i, 1))
	}
	for i := range leaps {
		add(i%2*1000, server, client, protocol.Message{Type: protocol.NonConfirmable, Code: protocol.Content, MessageID: protocol.MessageID(i)})
	}
	if most := leaps/(observations/4) + 1; rotated == 0 || rotated > most {
		t.Errorf("%d new generations, want 1 to %d", rotated, most)
	}
	if info := add(5000, server, client, notification(7, 2)); info.Exchange != 8 || info.Role != RoleNotification {
		t.Errorf("a notification after that: %+v", info)
	}
}
