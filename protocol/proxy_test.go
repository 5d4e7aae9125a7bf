package protocol_test

import (
	"net/netip"
	"strings"
	"testing"

	"coapscope/protocol"
)

var proxy = netip.MustParseAddrPort("192.0.2.9:5683")

func options(o protocol.Options) string {
	var text []string
	for _, option := range o {
		value := string(option.Value)
		if option.Number == protocol.URIPort {
			port, _ := protocol.DecodeUint(option.Value)
			value = protocol.URI{Scheme: "x", Port: uint16(port)}.String()
		}
		text = append(text, option.Number.String()+"="+value)
	}
	return strings.Join(text, " ")
}

func TestProxyOptions(t *testing.T) {
	for _, c := range []struct{ uri, whole, parts string }{
		{"coap://device.example/a/b?c=d&e", "Proxy-Uri=coap://device.example/a/b?c=d&e", "Uri-Host=device.example Uri-Port=x://:5683/ Uri-Path=a Uri-Path=b Uri-Query=c=d Uri-Query=e Proxy-Scheme=coap"},
		{"coaps://[2001:db8::1]/", "Proxy-Uri=coaps://[2001:db8::1]/", "Uri-Host=[2001:db8::1] Uri-Port=x://:5684/ Proxy-Scheme=coaps"},
		{"coap+tcp://192.0.2.1:61616/%2F", "Proxy-Uri=coap+tcp://192.0.2.1:61616/%2F", "Uri-Host=192.0.2.1 Uri-Port=x://:61616/ Uri-Path=/ Proxy-Scheme=coap+tcp"},
	} {
		u, err := protocol.ParseURI(c.uri)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := u.ProxyURI()
		if err != nil || options(whole) != c.whole {
			t.Errorf("%s: %s, %v", c.uri, options(whole), err)
		}
		parts, err := u.ProxyScheme()
		if err != nil || options(parts) != c.parts {
			t.Errorf("%s: %s, %v", c.uri, options(parts), err)
		}
		for _, o := range []protocol.Options{whole, parts} {
			if target, proxied, err := protocol.TargetOf(protocol.CoAP, proxy, o); target != c.uri || !proxied || err != nil {
				t.Errorf("%s becomes %s, %v, %v", c.uri, target, proxied, err)
			}
		}
	}
	zoned := protocol.URI{Scheme: protocol.CoAP, Host: "fe80::1%eth0", Port: 5683}
	if _, err := zoned.ProxyURI(); err == nil {
		t.Error("a zone goes into Proxy-Uri")
	}
	if _, err := zoned.ProxyScheme(); err == nil {
		t.Error("a zone goes into Uri-Host")
	}
	long := protocol.URI{Scheme: protocol.CoAP, Host: "h", Port: 5683, Path: []string{strings.Repeat("a", 255), strings.Repeat("b", 255), strings.Repeat("c", 255), strings.Repeat("d", 255)}}
	if o, err := long.ProxyURI(); err != nil || len(o[0].Value) != 9+4*255+3 { // coap://h/ and separators
		t.Errorf("%d bytes, %v", len(options(o)), err)
	}
	long.Query = []string{"eeee"}
	if _, err := long.ProxyURI(); err == nil {
		t.Error("1,037 bytes go into Proxy-Uri")
	}
	if _, err := long.ProxyScheme(); err != nil {
		t.Error(err)
	}
}

func TestTargetOf(t *testing.T) {
	o := func(pairs ...any) (o protocol.Options) {
		for i := 0; i < len(pairs); i += 2 {
			switch v := pairs[i+1].(type) {
			case string:
				o = o.Add(pairs[i].(protocol.OptionNumber), []byte(v))
			case int:
				o = o.AddUint(pairs[i].(protocol.OptionNumber), uint64(v))
			}
		}
		return o
	}
	for _, c := range []struct {
		name    string
		options protocol.Options
		want    string
		proxied bool
		failed  bool
	}{
		{"none", nil, "coap://192.0.2.9/", false, false},
		{"path", o(protocol.URIPath, "a"), "coap://192.0.2.9/a", false, false},
		{"Proxy-Uri before all else (RFC 7252 §5.10.2)", o(protocol.URIPath, "a", protocol.ProxyScheme, "x", protocol.ProxyURI, "http://h/b"), "http://h/b", true, false},
		{"scheme without Uri-Port", o(protocol.URIHost, "h", protocol.ProxyScheme, "http"), "http://h/", true, false},
		{"Uri-Port of another scheme's default", o(protocol.URIHost, "h", protocol.URIPort, 5684, protocol.ProxyScheme, "COAPS"), "coaps://h/", true, false},
		{"Uri-Port that another scheme does not default to", o(protocol.URIHost, "h", protocol.URIPort, 5683, protocol.ProxyScheme, "coaps"), "coaps://h:5683/", true, false},
		{"no scheme", o(protocol.ProxyURI, "//h/b"), "//h/b", true, true},
		{"fragment", o(protocol.ProxyURI, "coap://h/#b"), "coap://h/#b", true, true},
		{"no URI", o(protocol.ProxyURI, "coap://[/"), "coap://[/", true, true},
		{"scheme that is none", o(protocol.URIHost, "h", protocol.ProxyScheme, "1 2"), "coap://h/", true, true},
		{"empty scheme", o(protocol.URIHost, "h", protocol.ProxyScheme, ""), "coap://h/", true, true},
		{"bad host", o(protocol.URIHost, "[x]", protocol.ProxyScheme, "coap"), "coap://192.0.2.9/", true, true},
	} {
		got, proxied, err := protocol.TargetOf(protocol.CoAP, proxy, c.options)
		if got != c.want || proxied != c.proxied || (err != nil) != c.failed {
			t.Errorf("%s: %s, %v, %v; want %s, %v", c.name, got, proxied, err, c.want, c.proxied)
		}
	}
}

func FuzzTargetOf(f *testing.F) {
	f.Add("coap://h/", "coap", "h", uint16(5683), true)
	f.Add("x", "", "[::1]", uint16(0), false)
	f.Fuzz(func(t *testing.T, whole, scheme, host string, port uint16, parts bool) {
		var o protocol.Options
		if parts {
			o = protocol.Options{{Number: protocol.URIHost, Value: []byte(host)}, {Number: protocol.URIPort, Value: protocol.EncodeUint(uint64(port))}, {Number: protocol.ProxyScheme, Value: []byte(scheme)}}
		} else {
			o = protocol.Options{{Number: protocol.ProxyURI, Value: []byte(whole)}}
		}
		target, proxied, err := protocol.TargetOf(protocol.CoAP, proxy, o)
		if !proxied || err == nil && !strings.Contains(target, ":") {
			t.Errorf("%q, %v, %v", target, proxied, err)
		}
		if u, failed := protocol.ParseURI(target); err == nil && parts && failed == nil {
			if again, err := u.ProxyScheme(); err == nil {
				if same, _, err := protocol.TargetOf(protocol.CoAP, proxy, again); err != nil || same != u.String() {
					t.Errorf("%q becomes %q, %v", u, same, err)
				}
			}
		}
	})
}
