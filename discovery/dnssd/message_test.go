package dnssd

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// built makes a response with another implementation of DNS, which compresses names.
func built(t testing.TB, do func(b *dnsmessage.Builder)) []byte {
	t.Helper()
	b := dnsmessage.NewBuilder(nil, dnsmessage.Header{Response: true, Authoritative: true})
	b.EnableCompression()
	if err := b.StartAnswers(); err != nil {
		t.Fatal(err)
	}
	do(&b)
	data, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func head(name string, ttl uint32, flush bool) dnsmessage.ResourceHeader {
	h := dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(name), Class: dnsmessage.ClassINET, TTL: ttl}
	if flush {
		h.Class |= topBit
	}
	return h
}

// must ends a fuzz or test of what cannot fail.
func must(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestResponseOfAnotherImplementation(t *testing.T) {
	data := built(t, func(b *dnsmessage.Builder) {
		must(
			t,
			b.PTRResource(head("_coap._udp.local.", 4500, false), dnsmessage.PTRResource{PTR: dnsmessage.MustNewName("Lamp._coap._udp.local.")}),
			b.SRVResource(head("Lamp._coap._udp.local.", 120, true), dnsmessage.SRVResource{Port: 5683, Target: dnsmessage.MustNewName("lamp.local.")}),
			b.TXTResource(head("Lamp._coap._udp.local.", 4500, true), dnsmessage.TXTResource{TXT: []string{"", "ep=lamp", "flag"}}),
			b.AResource(head("lamp.local.", 120, true), dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}}),
			b.AAAAResource(head("lamp.local.", 120, true), dnsmessage.AAAAResource{AAAA: netip.MustParseAddr("fe80::1").As16()}),
			b.UnknownResource(head("lamp.local.", 120, true), dnsmessage.UnknownResource{Type: 47, Data: []byte{1, 2, 3}}),
		)
	})
	records, err := parseResponse(data)
	if err != nil || len(records) != 5 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	ptr, srv, txt, a, aaaa := records[0], records[1], records[2], records[3], records[4]
	if ptr.name.String() != "_coap._udp.local" || ptr.target.String() != "Lamp._coap._udp.local" || ptr.ttl != 4500 || ptr.flush {
		t.Errorf("PTR %+v", ptr)
	}
	if srv.port != 5683 || srv.target.String() != "lamp.local" || !srv.flush || srv.ttl != 120 {
		t.Errorf("SRV %+v", srv)
	}
	if !slices.Equal(txt.text, []string{"ep=lamp", "flag"}) {
		t.Errorf("TXT %q", txt.text)
	}
	if a.addr != netip.MustParseAddr("192.0.2.1") || aaaa.addr != netip.MustParseAddr("fe80::1") {
		t.Errorf("addresses %v, %v", a.addr, aaaa.addr)
	}
	// Of a packet that is cut off, what came whole is read.
	for n := range data {
		got, err := parseResponse(data[:n])
		if err == nil && n < len(data) || len(got) > 5 {
			t.Fatalf("of %d bytes: %d records, %v", n, len(got), err)
		}
	}
	if got, err := parseResponse(data[:len(data)-40]); len(got) != 4 || err == nil {
		t.Errorf("cut off: %d records, %v", len(got), err)
	}
}

func TestQueryIsReadByAnotherImplementation(t *testing.T) {
	coap := parseName("_coap._udp.local.")
	lamp := append(name{"Lamp 2.0"}, coap...)
	data, asked := query([]question{{coap, kindPTR}, {parseName("_coaps._udp.local"), kindPTR}},
		[]record{{name: coap, kind: kindPTR, ttl: 100, target: append(name{"Lamp"}, coap...)}})
	var m dnsmessage.Message
	must(t, m.Unpack(data))
	if asked != 2 || len(m.Questions) != 2 || m.Questions[0].Name.String() != "_coap._udp.local." || m.Questions[0].Type != dnsmessage.TypePTR ||
		m.Questions[0].Class != dnsmessage.ClassINET || m.ID != 0 || m.Response {
		t.Errorf("asked %d: %v", asked, m.GoString())
	}
	if len(m.Answers) != 1 || m.Answers[0].Body.(*dnsmessage.PTRResource).PTR.String() != "Lamp._coap._udp.local." || m.Answers[0].Header.TTL != 100 {
		t.Errorf("known %v", m.Answers)
	}
	// What has no room is left for the next packet, or left out.
	var many []question
	var known []record
	for range 100 {
		many = append(many, question{lamp, kindSRV})
		known = append(known, record{name: coap, kind: kindPTR, ttl: 100, target: lamp})
	}
	if data, asked := query(many, known); asked < 30 || asked >= 100 || len(data) > maxQuery {
		t.Errorf("%d asked in %d bytes", asked, len(data))
	}
	if data, asked := query(many[:1], known); asked != 1 || len(data) > maxQuery || len(data) < 1000 {
		t.Errorf("%d bytes", len(data))
	}
	if n := QuerySize([]string{"_coap._udp", "_coaps._udp"}); n != 12+2*4+18+19 {
		t.Errorf("a query for two services has %d bytes", n)
	}
}

func TestBadNames(t *testing.T) {
	for what, data := range map[string][]byte{
		"ends in a label":       {5, 'a'},
		"has no end":            {1, 'a'},
		"points at itself":      {0xc0, 0},
		"points forward":        {0xc0, 2, 0},
		"points into itself":    {1, 'a', 0xc0, 0},
		"has half a pointer":    {1, 'a', 0xc0},
		"has an unknown label":  {0x40, 0},
		"is longer than a name": append([]byte(strings.Repeat("\x01a", 128)), 0),
	} {
		if n, _, err := readName(data, 0); err == nil {
			t.Errorf("a name that %s is %q", what, n)
		}
	}
	data := append([]byte{1, 'b', 0}, 1, 'a', 0xc0, 0, 0xff)
	if n, next, err := readName(data, 3); err != nil || n.String() != "a.b" || next != 7 {
		t.Errorf("%v, then %d, %v", n, next, err)
	}
	if a, b := parseName("_CoAP._udp.local").key(), parseName("_coap._UDP.local.").key(); a != b {
		t.Errorf("keys %q and %q", a, b)
	}
	if (name{"a.b"}).key() == (name{"a", "b"}).key() {
		t.Error("a dot in a label is one between labels")
	}
}

func FuzzParseResponse(f *testing.F) {
	f.Add(built(f, func(b *dnsmessage.Builder) {
		must(
			f,
			b.PTRResource(head("_coap._udp.local.", 4500, false), dnsmessage.PTRResource{PTR: dnsmessage.MustNewName("Lamp._coap._udp.local.")}),
			b.SRVResource(head("Lamp._coap._udp.local.", 120, true), dnsmessage.SRVResource{Port: 5683, Target: dnsmessage.MustNewName("lamp.local.")}),
			b.TXTResource(head("Lamp._coap._udp.local.", 4500, true), dnsmessage.TXTResource{TXT: []string{"ep=lamp"}}),
			b.AResource(head("lamp.local.", 120, true), dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}}),
		)
	}))
	f.Add([]byte{0, 0, 0x84, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 12, 0, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		records, err := parseResponse(data)
		if len(records)*11 > len(data) {
			t.Fatalf("%d records in %d bytes, %v", len(records), len(data), err)
		}
		// The machine takes whatever can be read, and goes on.
		m := newMachine("eth0", []string{"_coap._udp", "_coaps._udp"})
		now := start
		for range 4 {
			m.take(now, records)
			found, _ := m.settle(now)
			for _, i := range found {
				if i.Name == "" || i.Port == 0 || len(i.Addresses) == 0 || !strings.HasPrefix(i.Service, "_") {
					t.Fatalf("found %+v", i)
				}
			}
			if ask := m.missing(now); len(ask) > 0 {
				if q, n := query(ask, nil); n == 0 || len(q) < headerSize {
					t.Fatalf("%d questions in %d bytes", n, len(q))
				}
			}
			query(m.browse(now))
			now = now.Add(askAgain)
		}
	})
}
