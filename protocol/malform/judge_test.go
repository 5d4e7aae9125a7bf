package malform_test

import (
	"strings"
	"testing"

	"coapscope/protocol"
	"coapscope/protocol/malform"
)

func after(t *testing.T, id string, base []byte) malform.Expectation {
	t.Helper()
	p, ok := malform.Find(id)
	if !ok {
		t.Fatalf("no preset %s", id)
	}
	b, err := p.Apply(base)
	if err != nil {
		t.Fatal(err)
	}
	return malform.Expect(b, false)
}

func TestJudge(t *testing.T) {
	const rst, ack = "\x70\x00\x12\x34", "\x60\x00\x12\x34"
	badOption, content, separate, inNON := "\x62\x82\x12\x34\xca\xfe", "\x62\x45\x12\x34\xca\xfe\xff1", "\x42\x45\x77\x77\xca\xfe\xff1", "\x52\x45\x77\x77\xca\xfe\xff1"
	for _, c := range []struct {
		preset  string
		base    []byte
		came    []string
		over    bool
		verdict malform.Verdict
		frame   uint64
		text    string // a part of the sentence
		clause  string
	}{
		{"token-length-9", getNON, nil, false, malform.Waiting, 0, "Nothing came yet.", "RFC 7252 §3"},
		{"token-length-9", getNON, nil, true, malform.Right, 0, "Silence is right: without RFC 8974", "RFC 7252 §4.3"},
		{"token-length-9", getNON, []string{rst}, false, malform.Right, 1, "A Reset is right", "RFC 7252 §4.3"},
		{"token-length-9", getNON, []string{inNON}, false, malform.Right, 1, "2.05 Content is right: with RFC 8974", "RFC 7252 §5.2.3"},
		{"token-length-9", getNON, []string{content}, false, malform.Wrong, 1, "must not be acknowledged", "RFC 7252 §4.3"},
		{"token-length-9", getNON, []string{ack}, false, malform.Wrong, 1, "must not be acknowledged", "RFC 7252 §4.3"},
		{"token-length-9", get, nil, true, malform.Wrong, 0, "Nothing came, where Reset", "RFC 7252 §4.2"},
		{"delta-15", get, nil, true, malform.Wrong, 0, "Unless it was lost", "RFC 7252 §4.2"},
		{"delta-15", get, []string{rst}, false, malform.Right, 1, "A Reset is right: a Confirmable message", "RFC 7252 §4.2"},
		{"delta-15", get, []string{badOption}, false, malform.Wrong, 1, "4.02 Bad Option is wrong, where Reset", "RFC 7252 §4.2"},
		{"delta-15", get, []string{ack}, false, malform.Wrong, 1, "An Empty acknowledgement is wrong", "RFC 7252 §4.2"},
		{"version-2", get, nil, true, malform.Right, 0, "unknown version", "RFC 7252 §3"},
		{"version-2", get, []string{rst}, false, malform.Wrong, 1, "A Reset is wrong, where silence", "RFC 7252 §3"},
		{"empty-ack", get, []string{rst}, false, malform.Wrong, 1, "never answered", "RFC 7252 §4.2"},
		{"critical-unknown", get, []string{badOption}, false, malform.Right, 1, "causes a 4.02", "RFC 7252 §5.4.1"},
		{"critical-unknown", get, []string{ack}, false, malform.Waiting, 1, "comes separately", "RFC 7252 §5.2.2"},
		{"critical-unknown", get, []string{ack}, true, malform.Undecided, 1, "did not come yet", "RFC 7252 §5.2.2"},
		{"critical-unknown", get, []string{ack, separate}, false, malform.Wrong, 2, "2.05 Content is wrong, where 4.02", "RFC 7252 §5.4.1"},
		{"critical-unknown", getNON, []string{"\x52\x82\x77\x77\xca\xfe"}, false, malform.Wrong, 1, "where silence, or Reset", "RFC 7252 §5.4.1"},
		{"elective-unknown", get, []string{ack, separate}, false, malform.Right, 2, "answered", "RFC 7252 §5.2"},
		{"elective-unknown", get, []string{content, rst}, false, malform.Wrong, 2, "A Reset is wrong", "RFC 7252 §5.2"},
		{"no-response-all", get, []string{ack}, false, malform.Right, 1, "acknowledged all the same", "RFC 7967 §2"},
		{"no-response-all", getNON, nil, true, malform.Right, 0, "not wanted", "RFC 7967 §2"},
		{"accept-unavailable", get, []string{content}, false, malform.Wrong, 1, "2.05 Content is wrong, where 4.06", "RFC 7252 §5.10.4"},
		{"accept-unavailable", get, []string{"\x62\x84\x12\x34\xca\xfe"}, false, malform.Right, 1, "4.04 Not Found is right: another error", "RFC 7252 §5.10.4"},
		{"delta-15", get, []string{"\x70\x00\x00\x00"}, false, malform.Wrong, 1, "which it must echo", "RFC 7252 §4.2"},
		{"version-2", get, []string{"\x70\x00\x00\x00"}, false, malform.Wrong, 1, "A Reset is wrong, where silence", "RFC 7252 §3"},
		{"delta-15", get, []string{"\x60\x45\x12\x34\xff"}, false, malform.Wrong, 1, "no reaction", "RFC 7252 §4.2"},
	} {
		e := after(t, c.preset, c.base)
		var happened []malform.Reaction
		for i, data := range c.came {
			happened = append(happened, malform.Read(c.base, []byte(data), uint64(i)+1))
		}
		j := malform.Judge(&e, happened, c.over)
		if j.Verdict != c.verdict || j.Frame != c.frame || !strings.Contains(j.Text, c.text) || j.Clause != c.clause {
			t.Errorf("%s of %x, %x, over %v: %+v", c.preset, c.base[0], c.came, c.over, j)
		}
	}
}

// What the network says tells nothing of the peer, unless that has done something all the same.
func TestJudgeOfWhatDidNotArrive(t *testing.T) {
	e := after(t, "delta-15", get)
	lost := malform.Reaction{Kind: malform.Undelivered, Note: "port unreachable"}
	if j := malform.Judge(&e, []malform.Reaction{lost}, true); j.Verdict != malform.Undecided || !strings.Contains(j.Text, "port unreachable") {
		t.Errorf("%+v", j)
	}
	reset := malform.Read(get, []byte{0x70, 0, 0x12, 0x34}, 7)
	if j := malform.Judge(&e, []malform.Reaction{lost, reset}, true); j.Verdict != malform.Right || j.Frame != 7 {
		t.Errorf("%+v", j)
	}
}

func TestRead(t *testing.T) {
	for data, want := range map[string]malform.Reaction{
		"\x70\x00\x12\x34":         {Kind: malform.Reset, Type: protocol.Reset},
		"\x60\x00\x12\x34":         {Kind: malform.Acknowledged, Type: protocol.Acknowledgement},
		"\x61\x45\x12\x34\x01":     {Kind: malform.Answer, Type: protocol.Acknowledgement, Code: protocol.Content},
		"\x51\x84\x12\x34\x01":     {Kind: malform.Answer, Type: protocol.NonConfirmable, Code: protocol.NotFound},
		"\x41\x45\x12\x34\x01":     {Kind: malform.Answer, Type: protocol.Confirmable, Code: protocol.Content},
		"\x70\x45\x12\x34":         {Kind: malform.Unreadable, Type: protocol.Reset, Code: protocol.Content},
		"\x40\x01\x12\x34":         {Kind: malform.Unreadable, Type: protocol.Confirmable, Code: protocol.GET},
		"\x61\x45\x12\x34\x01\xff": {Kind: malform.Unreadable},
		"\x70\x00\x00\x00":         {Kind: malform.Reset, Type: protocol.Reset, Foreign: true},
		"":                         {Kind: malform.Unreadable},
	} {
		if got := malform.Read(get, []byte(data), 0); got != want {
			t.Errorf("%x: %+v, want %+v", data, got, want)
		}
	}
}

// To a group, silence is always right, a Reset only from who cannot tell.
func TestExpectOfAGroup(t *testing.T) {
	e := malform.Expect(append([]byte(nil), getNON...), true)
	if e.String() != "silence, or any response" || e.Clause != "RFC 7252 §5.2" {
		t.Errorf("a NON GET: %s (%s)", e.String(), e.Clause)
	}
	e = malform.Expect(append(append([]byte(nil), getNON...), 0xff), true)
	if e.String() != "silence, or Reset" || e.Right[1].Clause != "RFC 7252 §8.1" {
		t.Errorf("a NON with a format error: %+v", e)
	}
	e = malform.Expect(get, true)
	if e.Clause != "RFC 7252 §8.1" || !e.Allows(malform.Silence) {
		t.Errorf("a CON GET: %+v", e)
	}
}
