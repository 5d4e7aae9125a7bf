package lint

import (
	"net/netip"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/session/track"
)

// FuzzLinter takes bytes for a capture: a frame has a byte for its endpoints and framing, one for the time, which may
// go back, one for its length, and that many bytes.
func FuzzLinter(f *testing.F) {
	var all []byte
	for _, story := range []string{
		"0 c>s CON GET 1 aa path=a observe=0\n0.1 s>c ACK 2.05 1 aa observe=5 block2=0/1/16 +*16\n9 s>c CON 2.05 7 aa observe=6",
		"0 c>s CON PUT 1 aa path=a block1=0/1/16 tag=01 +*16\n0.1 s>c ACK 2.31 1 aa block1=0/1/16\n1 c>s CON PUT 2 ab path=a block1=1/0/16",
		"0 c>s TCP CSM\n0.1 s>c TCP PING 01 custody=\n0.2 c>s TCP PONG 01\n0.3 c>s TCP GET aa path=a echo=01",
	} {
		var one []byte
		for _, line := range splitLines(story) {
			o, err := parseFrame(line)
			if err != nil {
				f.Fatal(err)
			}
			endpoints := byte(0b01)
			if o.Source.Port() == protocol.Port {
				endpoints = 0b100
			}
			one = append(one, endpoints|byte(o.Framing)<<6, 9, byte(len(o.Data)))
			one = append(one, o.Data...)
		}
		f.Add(one)
		all = append(all, one...)
	}
	f.Add(all)
	known := []netip.AddrPort{endpoints["c"], endpoints["s"], endpoints["m"], endpoints["t"]}
	gaps := []time.Duration{0, time.Millisecond, time.Second, 2500 * time.Millisecond, time.Minute, -time.Hour, 300 * time.Second, 25 * time.Hour}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, at := newPlayer(), storyStart
		var frames []track.Observed
		for len(b) >= 3 {
			who, gap, n := b[0], b[1], min(int(b[2]), len(b)-3)
			at = at.Add(gaps[gap%8])
			o := track.Observed{
				Time: at, Source: known[who&3], Destination: known[who>>2&3], Framing: protocol.Framing(who >> 6 % 3), Data: b[3 : 3+n],
			}
			b = b[3+n:]
			p.add(o)
			o.Frame = p.frame
			frames = append(frames, o)
		}
		p.checkBounds(t)
		counted := 0
		for _, o := range frames {
			tree := dissect.DissectFraming(o.Framing, o.Data)
			found := p.linter.Findings(o.Frame, tree)
			counted += len(found) + len(tree.Findings)
			worst, any := p.linter.Worst(o.Frame)
			if any != (len(found)+len(tree.Findings) > 0) {
				t.Errorf("frame %d: %d findings, but marked: %v", o.Frame, len(found), any)
			}
			for i := range found {
				f := &found[i]
				if f.Severity > worst || f.Field < 0 || f.Span.Bit < 0 || f.Span.End() > 8*len(o.Data) || f.String() == "" {
					t.Errorf("frame %d: %+v", o.Frame, f)
				}
			}
		}
		if counted != p.linter.Len() {
			t.Errorf("%d findings in the frames, %d in the list", counted, p.linter.Len())
		}
	})
}
