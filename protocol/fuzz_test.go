package protocol_test

import (
	"net/netip"
	"reflect"
	"testing"

	"coapscope/protocol"
)

func FuzzParse(f *testing.F) {
	f.Add(sixOptions)
	for _, example := range examples {
		f.Add(unhex(f, example.hex))
	}
	for _, seed := range []string{
		"", "40", "4900 0001", "4d01 0001 00 0102030405060708090a0b0c0d", "4e01 0001 0000", "4f01 0001", "4001 0001 e0 fef2 10", "4001 0001 dd 0000 ff",
		"4001 0001 ed 0017 01 0102030405060708090a0b0c0d0e", "4001 0001 ff", "4c01 1234 0102030405060708090a0b0c",
	} {
		f.Add(unhex(f, seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		checkParse(t, b)
		m, _ := protocol.Parse(b)
		_, _, _ = m.String(), m.Path(), m.Clone()
		for _, o := range m.Options {
			_ = o.Number.Lookup(m.Code)
			_, _ = o.Uint()
			_, _ = protocol.DecodeBlock(o.Value)
		}
		for _, scheme := range []protocol.Scheme{protocol.CoAP, protocol.CoAPSWS} {
			u, err := protocol.URIOf(scheme, netip.MustParseAddrPort("[2001:db8::1]:5683"), m.Options)
			if err != nil {
				continue
			}
			for _, o := range m.Options {
				if (o.Number == protocol.URIPath || o.Number == protocol.URIQuery) && len(o.Value) > 255 {
					return // has no URI that is accepted back
				}
			}
			if again, err := protocol.ParseURI(u.String()); err != nil || !reflect.DeepEqual(again, u) {
				t.Fatalf("%s is read as %#v (%v), want %#v", u, again, err, u)
			}
		}
	})
}

func FuzzURI(f *testing.F) {
	for _, seed := range []string{
		"coap://example.com:5683/~sensors/temp.xml", "coap://EXAMPLE.com:/%7esensors/temp.xml", "coaps+ws://[fe80::1%25eth0]:443/a//b?c=d&e",
		"coap://[::ffff:192.0.2.1]/../.%2E/?", "coap://%C3%BC/%ff?%00", "coap://192.0.2.1", "coap://[fe80::1%25]/", "coap+tcp://h#", "coap://u@h:1:2",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := protocol.ParseURI(s)
		if err != nil {
			e, ok := err.(*protocol.URIError)
			if !ok || e.Offset < 0 || e.Offset > len(s) || e.Section == "" || e.Reason == "" || e.Field == "" {
				t.Fatalf("%q: %#v", s, err)
			}
			return
		}
		if u.Host == "" || u.Port == 0 || u.Scheme.DefaultPort() == 0 {
			t.Fatalf("%q: %#v", s, u)
		}
		form := u.String()
		again, err := protocol.ParseURI(form)
		if err != nil || !reflect.DeepEqual(again, u) || again.String() != form {
			t.Fatalf("%q: normal form %q is read as %#v (%v), want %#v", s, form, again, err, u)
		}
		address, ok := u.Addr()
		if !ok {
			address = netip.MustParseAddr("2001:db8::7")
		}
		if address.Is4In6() {
			return // the destination is then the IPv4 address
		}
		composed, err := protocol.URIOf(u.Scheme, netip.AddrPortFrom(address, u.Port), u.Options())
		if err != nil || !reflect.DeepEqual(composed, u) {
			t.Fatalf("%q: options %q make %#v (%v), want %#v", s, u.Options(), composed, err, u)
		}
	})
}
