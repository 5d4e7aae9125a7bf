package view_test

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"coapscope/protocol"
	"coapscope/protocol/malform"
	"coapscope/ui/view"
)

// rawDesk is raw mode at a desk, with a clock that a test moves.
type rawDesk struct {
	*desk
	*view.Raw
	later time.Duration // how much later than it is
}

func rawMode(t *testing.T) *rawDesk {
	t.Helper()
	d := sitDown(t)
	r := &rawDesk{desk: d, Raw: d.Workbench.Raw()}
	r.SetClock(func() time.Time { return time.Now().Add(r.later) })
	return r
}

// composed is what the composer makes of a request: the message ID and the token are left open.
func composed(typ protocol.Type, path string) []byte {
	m := protocol.Message{Type: typ, Code: protocol.GET, Token: protocol.TokenOf(make([]byte, 4))}
	for segment := range strings.SplitSeq(path, "/") {
		m.Options = m.Options.Add(protocol.URIPath, []byte(segment))
	}
	b, err := m.Append(nil)
	if err != nil {
		panic(err)
	}
	return b
}

// sent sends what is there and waits until it is sent.
func (r *rawDesk) sent() view.RawResult {
	r.t.Helper()
	r.Raw.Send()
	if r.Problem != "" {
		r.t.Fatal(r.Problem)
	}
	var res view.RawResult
	r.until("it is sent", func() bool {
		var ok bool
		res, ok = r.Result()
		return ok && (res.Sent != 0 || res.Verdict == "✖ not sent")
	})
	return res
}

// settled waits until the verdict is there.
func (r *rawDesk) settled() view.RawResult {
	r.t.Helper()
	var res view.RawResult
	r.until("a verdict", func() bool {
		res, _ = r.Result()
		return !strings.HasPrefix(res.Verdict, "…")
	})
	return res
}

// A NON GET with token length 9, which a device without RFC 8974 is to ignore or to reject; and one with version 2, upon
// which silence alone is right.
func TestRawSilenceIsRight(t *testing.T) {
	r := rawMode(t)
	silent, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	r.Follow(composed(protocol.NonConfirmable, "test"), silent.LocalAddr().String())
	r.Apply("token-length-9")
	if e := r.Expectation(); e.String() != "silence, or Reset, or any response" || e.Clause != "RFC 7252 §3" {
		t.Errorf("right is %s (%s)", e.String(), e.Clause)
	}
	if p, ok := r.Preset(); !ok || p.ID != "token-length-9" || r.Bytes()[0] != 0x59 {
		t.Errorf("preset %q, bytes %x", p.ID, r.Bytes())
	}
	res := r.sent()
	if res.Sent == 0 || !strings.HasPrefix(res.Verdict, "… ") || res.Wait != 3*time.Second || res.Left <= 0 || res.Left > res.Wait || !r.Ticking() {
		t.Errorf("sent: %+v, ticking %v", res, r.Ticking())
	}
	r.later = 3 * time.Second
	r.Pull()
	res, _ = r.Result()
	if res.Verdict != "✔ right" || res.Frame != 0 || res.Left != 0 || !strings.HasPrefix(res.Text, "Silence is right") || res.Clause != "RFC 7252 §4.3" || r.Ticking() {
		t.Errorf("after the time: %+v, ticking %v", res, r.Ticking())
	}
}

// The lab rejects the same with a Reset, which is right too, and the frame leads to it.
func TestRawAgainstTheLab(t *testing.T) {
	r := rawMode(t)
	to := r.address("plugtest")
	for _, c := range []struct {
		typ               protocol.Type
		preset, came      string
		verdict, clause   string
		sentence, refusal string
	}{
		{protocol.NonConfirmable, "token-length-9", "RST 0.00", "✔ right", "RFC 7252 §4.3", "A Reset is right", ""},
		{protocol.Confirmable, "delta-15", "RST 0.00", "✔ right", "RFC 7252 §4.2", "A Reset is right", ""},
		{protocol.Confirmable, "critical-unknown", "ACK 4.02 Bad Option", "✔ right", "RFC 7252 §5.4.1", "4.02 Bad Option is right", ""},
		{protocol.Confirmable, "elective-unknown", "ACK 2.05 Content", "✔ right", "RFC 7252 §5.2", "2.05 Content is right", ""},
		{protocol.NonConfirmable, "method-unknown", "NON 4.05 Method Not Allowed", "✔ right", "RFC 7252 §5.8", "4.05", ""},
		{protocol.Confirmable, "ping", "RST 0.00", "✔ right", "RFC 7252 §4.2", "A Reset is right", ""},
	} {
		r.Revert()
		r.Follow(composed(c.typ, "test"), "coap://"+to+"/test")
		r.Apply(c.preset)
		r.sent()
		res := r.settled()
		if res.Verdict != c.verdict || res.Clause != c.clause || !strings.Contains(res.Text, c.sentence) || len(res.Came) != 1 || res.Came[0].Text != c.came || res.Came[0].After == "" {
			t.Errorf("%v %s: %+v", c.typ, c.preset, res)
			continue
		}
		if res.Frame != res.Came[0].Seq || string(r.Engine.Log().At(res.Frame).Data[2:3]) == "" {
			t.Errorf("%s: the verdict is by #%d, and #%d came", c.preset, res.Frame, res.Came[0].Seq)
		}
	}
}

// A peer that does what it must not, in ways that the tracker cannot tell: a Reset for another version, a reply that is no
// message, and one in an ACK to a NON.
func TestRawPeerThatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name   string
		typ    protocol.Type
		preset string
		reply  func(request []byte) []byte
		text   string
		clause string
	}{
		{"a Reset for version 2", protocol.Confirmable, "version-2", func(b []byte) []byte { return []byte{0x70, 0, b[2], b[3]} }, "A Reset is wrong", "RFC 7252 §3"},
		{"a Reset without the message ID", protocol.Confirmable, "version-0", func([]byte) []byte { return []byte{0x70, 0, 0, 0} }, "A Reset is wrong", "RFC 7252 §3"},
		{"a Reset with another message ID", protocol.Confirmable, "delta-15", func(b []byte) []byte { return []byte{0x70, 0, ^b[2], b[3]} }, "which it must echo", "RFC 7252 §4.2"},
		{"a reply to a header of 3 bytes", protocol.Confirmable, "header-3-bytes", func([]byte) []byte { return []byte{0x50, 0xa0, 9, 9} }, "5.00 Internal Server Error is wrong", "RFC 7252 §3"},
		{"no message", protocol.Confirmable, "delta-15", func(b []byte) []byte { return []byte{0x60, 0x45, b[2], b[3], 0xff} }, "no reaction", "RFC 7252 §4.2"},
		{"an ACK to a NON", protocol.NonConfirmable, "elective-unknown", func(b []byte) []byte { return append([]byte{0x64, 0x45}, b[2:8]...) }, "must not be acknowledged", "RFC 7252 §4.3"},
		{"2.05 in spite of a critical option", protocol.NonConfirmable, "critical-unknown", func(b []byte) []byte { return append([]byte{0x54, 0x45, 7, 7}, b[4:8]...) }, "2.05 Content is wrong", "RFC 7252 §5.4.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rawMode(t)
			peer, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			if err != nil {
				t.Fatal(err)
			}
			defer peer.Close()
			go func() {
				b := make([]byte, 1500)
				for {
					n, from, err := peer.ReadFromUDPAddrPort(b)
					if err != nil {
						return
					}
					_, _ = peer.WriteToUDPAddrPort([]byte{0x50, 0x01, 1, 2}, from) // a request of its own comes before
					_, _ = peer.WriteToUDPAddrPort(c.reply(b[:n]), from)
				}
			}()
			r.Follow(composed(c.typ, "test"), peer.LocalAddr().String())
			r.Apply(c.preset)
			r.sent()
			res := r.settled()
			if res.Verdict != "✖ wrong" || !strings.Contains(res.Text, c.text) || res.Clause != c.clause || res.Frame == 0 {
				t.Errorf("%+v", res)
			}
		})
	}
}

// Nobody listens: the network says so, and nothing is said of the peer.
func TestRawThatDoesNotArrive(t *testing.T) {
	r := rawMode(t)
	peer, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	to := peer.LocalAddr().String()
	peer.Close()
	r.Follow(composed(protocol.Confirmable, "test"), to)
	r.sent()
	var res view.RawResult
	r.until("an ICMP error", func() bool {
		res, _ = r.Result()
		return len(res.Came) > 0
	})
	if res.Verdict != "? undecided" || !strings.HasPrefix(res.Came[0].Text, "ICMP: ") || !strings.Contains(res.Text, "did not arrive") {
		t.Errorf("%+v", res)
	}
}

func TestRawThatCannotBeSent(t *testing.T) {
	r := rawMode(t)
	r.Raw.Send()
	if r.Problem != "There is no byte to send" {
		t.Errorf("problem %q", r.Problem)
	}
	r.Follow(composed(protocol.Confirmable, "test"), "http://192.0.2.1/")
	r.Raw.Send()
	if !strings.HasPrefix(r.Problem, "Not sent: ") {
		t.Errorf("problem %q", r.Problem)
	}
	r.Follow(composed(protocol.Confirmable, "test"), "coap://224.0.1.187/test")
	if e := r.Expectation(); e.Clause != "RFC 7252 §8.1" || r.Problem == "" {
		t.Errorf("to a group: %s; problem %q", e.Clause, r.Problem)
	}
	if res := r.sent(); res.Verdict != "✖ not sent" || !strings.Contains(res.Text, "reaches many") {
		t.Errorf("%+v", res)
	}
	if r.Ticking() {
		t.Error("waits for what was not sent")
	}
}

// The bytes follow the composer until they are changed, and then stay.
func TestRawFollowsTheComposer(t *testing.T) {
	r := rawMode(t)
	r.Follow(composed(protocol.Confirmable, "a"), "192.0.2.1")
	first := slices.Clone(r.Bytes())
	if r.Edited() || r.RawHex() != "" || string(first[2:8]) == "\x00\x00\x00\x00\x00\x00" {
		t.Errorf("edited %v, %q, bytes %x: ID and token are to be chosen", r.Edited(), r.RawHex(), first)
	}
	r.Follow(composed(protocol.Confirmable, "ab"), "192.0.2.1")
	if got := r.Bytes(); string(got[2:8]) != string(first[2:8]) || string(got[8:]) != "\xb2ab" {
		t.Errorf("bytes %x after %x: ID and token stay", got, first)
	}
	r.Inspector.FlipBit(0)
	r.Changed()
	r.Follow(composed(protocol.Confirmable, "abc"), "192.0.2.1")
	if got := r.Bytes(); got[0] != 0xc4 || string(got[8:]) != "\xb2ab" || r.RawHex() != fmt.Sprintf("%x", got) {
		t.Errorf("bytes %x, hex %s: a change stays", got, r.RawHex())
	}
	r.Revert()
	if got := r.Bytes(); got[0] != 0x44 || string(got[8:]) != "\xb3abc" || r.Edited() || r.RawHex() != "" {
		t.Errorf("reverted to %x", got)
	}
}

func TestRawUndoRedoAndPresets(t *testing.T) {
	r := rawMode(t)
	r.Follow([]byte{0x40, 0x01, 0x12, 0x34, 0xb1, 'a'}, "192.0.2.1")
	steps := []string{fmt.Sprintf("%x", r.Bytes())}
	for _, id := range []string{"delta-15", "version-3", "marker-without-payload"} { // each from what was composed
		r.Apply(id)
		steps = append(steps, r.RawHex())
	}
	want := []string{"40011234b161", "40011234b161f0", "c0011234b161", "40011234b161ff"}
	if !slices.Equal(steps, want) {
		t.Errorf("%v, want %v", steps, want)
	}
	for i := len(want) - 2; i >= 0; i-- {
		r.Undo()
		if got := fmt.Sprintf("%x", r.Bytes()); got != want[i] {
			t.Errorf("undone to %s, want %s", got, want[i])
		}
	}
	r.Redo()
	if got := r.RawHex(); got != want[1] {
		t.Errorf("done again: %s", got)
	}
	// What was broken by hand is not what a preset starts from.
	r.Inspector.SelectByte(0)
	r.Inspector.TypeHex('f')
	r.Changed()
	r.Apply("version-2")
	if got := r.RawHex(); got != "80011234b161" {
		t.Errorf("a preset of what was broken by hand: %s", got)
	}
	r.Revert()
	r.Apply("nothing")
	if r.Problem == "" {
		t.Error("a preset that is not there is applied")
	}
	if err := r.SetRawHex("60 45 12 34"); err != nil {
		t.Fatal(err)
	}
	r.Apply("critical-unknown")
	if !strings.Contains(r.Problem, "code is not 0.01 to 0.31") || r.RawHex() != "60451234" {
		t.Errorf("problem %q, bytes %s", r.Problem, r.RawHex())
	}
}

// A message that is sent again has another message ID, unless that is not wanted.
func TestRawSentAgain(t *testing.T) {
	r := rawMode(t)
	r.Follow([]byte{0x40, 0x01, 0x12, 0xff, 0xb4, 't', 'e', 's', 't'}, r.address("plugtest"))
	r.Apply("elective-unknown")
	ids := []string{}
	send := func() {
		res := r.sent()
		ids = append(ids, fmt.Sprintf("%x", r.Engine.Log().At(res.Sent).Data[2:4]))
		if r.settled(); !strings.HasPrefix(r.RawHex(), "4001"+ids[len(ids)-1]) {
			t.Errorf("%s was sent, and %s is shown", ids[len(ids)-1], r.RawHex())
		}
		if p, ok := r.Preset(); !ok || p.ID != "elective-unknown" {
			t.Errorf("the preset is forgotten: %q", p.ID)
		}
	}
	send()
	send()
	r.SameID = true
	send()
	if want := []string{"12ff", "1300", "1300"}; !slices.Equal(ids, want) {
		t.Errorf("message IDs %v, want %v", ids, want)
	}
}

// What is kept of raw mode gives the same bytes in another run.
func TestRawHexKeepsTheBytes(t *testing.T) {
	r := rawMode(t)
	presets := malform.Presets()
	rapid.Check(t, func(t *rapid.T) {
		r.Follow(composed(protocol.Type(rapid.IntRange(0, 1).Draw(t, "type")), "p"), "192.0.2.1")
		r.Revert()
		for range rapid.IntRange(0, 4).Draw(t, "changes") {
			switch n := len(r.Bytes()); rapid.IntRange(0, 3).Draw(t, "change") {
			case 0:
				r.Apply(rapid.SampledFrom(presets).Draw(t, "preset").ID)
			case 1:
				r.Inspector.FlipBit(rapid.IntRange(0, 8*n).Draw(t, "bit"))
			case 2:
				r.Inspector.SelectByte(rapid.IntRange(0, n).Draw(t, "byte"))
				r.Inspector.DeleteBytes()
			case 3:
				r.Undo()
			}
			r.Changed()
		}
		hex, want := r.RawHex(), slices.Clone(r.Bytes())
		r.Revert()
		if err := r.SetRawHex(hex); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(r.Bytes(), want) && len(want) > 0 {
			t.Fatalf("%x was kept as %q, and comes back as %x", want, hex, r.Bytes())
		}
		if e := r.Expectation(); len(e.Right) == 0 {
			t.Fatalf("%x: nothing is right", want)
		}
	})
	if err := r.SetRawHex("4x"); err == nil {
		t.Error("takes 4x for hex")
	}
}
