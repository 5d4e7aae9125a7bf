package view_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/ui/draft"
	"coapscope/ui/view"
)

// meterOf measures a draft as the request panel does.
func meterOf(t *testing.T, d draft.Draft) view.Meter {
	t.Helper()
	b := d.Build(protocol.URI{}, nil)
	if len(b.Problems) > 0 {
		t.Fatal(b.Problems)
	}
	var wire view.Wire
	wire.Show(&b, view.FilePeek{})
	return view.MeterOf(wire.Bytes, &d, &b, view.Radio{})
}

func saving(m view.Meter, word string) (view.Saving, bool) {
	for _, s := range m.Savings {
		if strings.Contains(s.Title, word) {
			return s, true
		}
	}
	return view.Saving{}, false
}

func TestMeterParts(t *testing.T) {
	m := meterOf(t, draft.Draft{
		Method: protocol.PUT, Address: "coap://[fe80::1]/sensors/temp?u=C", Payload: "21.4",
		Options: []draft.Option{{Number: protocol.ContentFormatOption, Text: "0"}},
	})
	got := ""
	for _, p := range m.Parts {
		got += fmt.Sprintf("%s %d, ", p.Name, p.Bytes)
	}
	// 1 + 7; 1 + 4; delta 1, no value; delta 3, 3 bytes.
	const want = "header 4, token 4, Uri-Path 8, Uri-Path 5, Content-Format 1, Uri-Query 4, marker 1, payload 4, "
	if got != want || m.Total != 31 {
		t.Errorf("%s(%d), want %s(31)", got, m.Total, want)
	}
	// 86 is the room of one frame, see TestRadioFrames.
	if line, concept := m.Line(); line != "fits one 802.15.4 frame · 31 B of CoAP, 55 left" || concept != view.Dim {
		t.Errorf("%q", line)
	}
	if text := m.Secured(); text != "With DTLS 29 bytes more, no frame more (RFC 7252 §9.1)" {
		t.Error(text)
	}
}

func TestMeterSavings(t *testing.T) {
	const address = "coap://[fe80::1]/"
	json := `{"v": 21, "on": true}`
	for _, c := range []struct {
		name  string
		draft draft.Draft
		word  string
		want  int
		after string // what of the draft has changed when it is applied; empty for what cannot be
	}{
		{"token", draft.Draft{Method: protocol.GET, Address: address}, "No token", 4, "empty"},
		{"path", draft.Draft{Method: protocol.GET, Address: address + "sensors/temperature-of-air"}, "as /s/t", 6 + 17 + 1, ""}, // a length from 13 on takes a byte more
		{"well-known", draft.Draft{Method: protocol.GET, Address: address + ".well-known/core"}, "Names of", 0, ""},
		// Its delta is 14 from 0, so it takes two bytes before its value.
		{"Max-Age", draft.Draft{Method: protocol.GET, Address: address, Options: []draft.Option{{Number: protocol.MaxAge, Text: "60"}}}, "Max-Age", 3, "0 options"},
		{"name", draft.Draft{Method: protocol.GET, Address: "coap://lamp.example/a"}, "An address", 13, ""},
		{"host", draft.Draft{Method: protocol.GET, Address: "coap://192.0.2.1/", Options: []draft.Option{{Number: protocol.URIHost, Text: "192.0.2.1"}}}, "No Uri-Host", 10, "0 options"},
		{"port", draft.Draft{Method: protocol.GET, Address: address, Options: []draft.Option{{Number: protocol.URIPort, Text: "5683"}}}, "Uri-Port", 3, "0 options"},
		// 17 − 13 = 4: two bytes for the delta, two for the value.
		{"Accept", draft.Draft{Method: protocol.GET, Address: address, Options: []draft.Option{{Number: protocol.Accept, Text: "11542"}}}, "up to 255", 1, ""},
		{"Size1", draft.Draft{Method: protocol.PUT, Address: address, Options: []draft.Option{{Number: protocol.Size1, Text: "300"}}}, "Size1", 4, "0 options"},
		// {"v": 21, "on": true} is 21 bytes, and a2 61 76 15 62 6f 6e f5 is 8.
		{"CBOR", draft.Draft{Method: protocol.PUT, Address: address, Form: draft.JSON, Payload: json, Options: []draft.Option{{Number: protocol.ContentFormatOption, Text: "50"}}}, "CBOR", 13, "60 application/cbor"},
		{"white space", draft.Draft{Method: protocol.PUT, Address: address, Form: draft.JSON, Payload: json}, "white space", 3, `{"v":21,"on":true}`},
		// [{-…: "a", 2: 1}] as 81 a2 00 61 61 02 01.
		{"SenML", draft.Draft{Method: protocol.PUT, Address: address, Form: draft.SenML, Payload: `[{"n":"a","v":1}]`, Options: []draft.Option{{Number: protocol.ContentFormatOption, Text: "110"}}}, "CBOR", 17 - 7, "112 application/senml+cbor"},
		{"no JSON", draft.Draft{Method: protocol.PUT, Address: address, Payload: "{21"}, "CBOR", 0, ""},
	} {
		m := meterOf(t, c.draft)
		s, ok := saving(m, c.word)
		if !ok && c.want == 0 {
			continue
		}
		if s.Bytes != c.want || s.Hint == "" {
			t.Errorf("%s saves %d bytes, want %d; %+v", c.name, s.Bytes, c.want, m.Savings)
			continue
		}
		if (s.Apply != nil) != (c.after != "") {
			t.Errorf("%s: can be applied: %v", c.name, s.Apply != nil)
		}
		if s.Apply == nil {
			continue
		}
		d := c.draft.Clone()
		s.Apply(&d)
		if text := fmt.Sprintf("%s %s %d options %+v", d.Token, d.Payload, len(d.Options), d.Options); !strings.Contains(text, c.after) {
			t.Errorf("%s: %s has no %q", c.name, text, c.after)
		}
		if d.Token == "" { // the preview has a token of its own
			if got := m.Total - meterOf(t, d).Total; got != c.want {
				t.Errorf("%s, applied, saves %d bytes, want %d", c.name, got, c.want)
			}
		}
	}
}

// Of a float CBOR may need more than its digits; then it is no saving.
func TestMeterDoesNotLengthen(t *testing.T) {
	m := meterOf(t, draft.Draft{Method: protocol.PUT, Address: "coap://[fe80::1]/", Form: draft.JSON, Payload: `[21.4]`})
	if s, ok := saving(m, "CBOR"); ok {
		t.Errorf("%+v", s)
	}
}

func TestMeterBlocks(t *testing.T) {
	d := draft.Draft{Method: protocol.PUT, Address: "coap://[fe80::1]/fw", Payload: strings.Repeat("x", 200)}
	m := meterOf(t, d)
	if line, concept := m.Line(); line != "▲ 3 frames of 802.15.4 · 212 B of CoAP, 42 over one frame less" || concept != view.Warning {
		t.Errorf("%q", line)
	}
	// 86 − 4 − 4 − 3 for the path − 3 for Block1 (delta 16) − 1 = 71.
	s, ok := saving(m, "Blocks of 64 bytes: each message fits one frame, 4 of them")
	if !ok || s.Apply == nil {
		t.Fatalf("%+v", m.Savings)
	}
	s.Apply(&d)
	if m = meterOf(t, d); m.Frames.Count != 1 {
		t.Errorf("%+v", m.Frames)
	}
	// 86 − 9 − 4 = 73.
	m = meterOf(t, draft.Draft{Method: protocol.GET, Address: "coap://[fe80::1]/fw"})
	if s, ok := saving(m, "Ask for blocks of 64 bytes"); !ok || s.Apply == nil {
		t.Errorf("%+v", m.Savings)
	}
	m = meterOf(t, draft.Draft{Method: protocol.GET, Address: "coap://[fe80::1]/fw", Settings: draft.Settings{BlockSize: 64}})
	if s, ok := saving(m, "Ask for blocks"); ok {
		t.Errorf("asked for already: %+v", s)
	}
}

func TestMeterLimits(t *testing.T) {
	for size, want := range map[int]string{
		1000: "", 1025: "1 byte more than the 1,024", 1160: "more than the 1,152", 1300: "the 1,280",
	} {
		m := protocol.Message{Code: protocol.PUT, Payload: make([]byte, size)}
		data, err := m.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		got := view.MeterOf(data, &draft.Draft{}, &draft.Built{Request: session.Request{Message: m}}, view.Radio{})
		if text := strings.Join(got.Limits, "\n"); (text == "") != (want == "") || !strings.Contains(text, want) {
			t.Errorf("%d bytes: %q", size, text)
		}
	}
}

// Whatever the bytes are, the parts are all of them.
func TestMeterMeasuresAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(rapid.Byte(), 1, 60).Draw(t, "datagram")
		m := view.MeterOf(data, &draft.Draft{}, &draft.Built{}, view.Radio{})
		sum := 0
		for _, p := range m.Parts {
			sum += p.Bytes
		}
		if sum != len(data) {
			t.Fatalf("%d bytes of %d in %+v", sum, len(data), m.Parts)
		}
		for _, s := range m.Savings {
			if s.Bytes < 0 || s.Bytes >= len(data) {
				t.Fatalf("%+v of %d bytes", s, len(data))
			}
		}
	})
}
