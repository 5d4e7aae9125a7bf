package protocol_test

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"coapscope/protocol"
)

func TestParseURI(t *testing.T) {
	for text, want := range map[string]struct {
		uri  protocol.URI
		form string // the normal form; empty where it is the text itself
	}{
		"coap://example.com/":          {protocol.URI{"coap", "example.com", 5683, nil, nil}, ""},
		"coap://example.com":           {protocol.URI{"coap", "example.com", 5683, nil, nil}, "coap://example.com/"},
		"COAP://EXAMPLE.com":           {protocol.URI{"coap", "example.com", 5683, nil, nil}, "coap://example.com/"},
		"coap://example.com:61616/a":   {protocol.URI{"coap", "example.com", 61616, []string{"a"}, nil}, ""},
		"coap://example.com:/a":        {protocol.URI{"coap", "example.com", 5683, []string{"a"}, nil}, "coap://example.com/a"},
		"coap://example.com:05683/a":   {protocol.URI{"coap", "example.com", 5683, []string{"a"}, nil}, "coap://example.com/a"},
		"coaps://example.com:5684/":    {protocol.URI{"coaps", "example.com", 5684, nil, nil}, "coaps://example.com/"},
		"coaps://example.com:5683/":    {protocol.URI{"coaps", "example.com", 5683, nil, nil}, ""},
		"coap+tcp://h/":                {protocol.URI{"coap+tcp", "h", 5683, nil, nil}, ""},
		"coaps+tcp://h/":               {protocol.URI{"coaps+tcp", "h", 5684, nil, nil}, ""},
		"coap+ws://h/":                 {protocol.URI{"coap+ws", "h", 80, nil, nil}, ""},
		"coaps+ws://h/":                {protocol.URI{"coaps+ws", "h", 443, nil, nil}, ""},
		"coap://192.0.2.1:99/x":        {protocol.URI{"coap", "192.0.2.1", 99, []string{"x"}, nil}, ""},
		"coap://[2001:DB8::0:1]/x":     {protocol.URI{"coap", "2001:db8::1", 5683, []string{"x"}, nil}, "coap://[2001:db8::1]/x"},
		"coap://[::1]:99":              {protocol.URI{"coap", "::1", 99, nil, nil}, "coap://[::1]:99/"},
		"coap://[::ffff:192.0.2.1]/":   {protocol.URI{"coap", "::ffff:192.0.2.1", 5683, nil, nil}, ""},
		"coap://[fe80::1%25eth0]/":     {protocol.URI{"coap", "fe80::1%eth0", 5683, nil, nil}, ""},
		"coap://[ff02::fd%eth0]:5683/": {protocol.URI{"coap", "ff02::fd%eth0", 5683, nil, nil}, "coap://[ff02::fd%25eth0]/"},
		"coap://[fe80::1%25]/":         {protocol.URI{"coap", "fe80::1%25", 5683, nil, nil}, "coap://[fe80::1%2525]/"}, // interface 25
		"coap://[fe80::1%2525]/":       {protocol.URI{"coap", "fe80::1%25", 5683, nil, nil}, ""},
		"coap://[fe80::1%25a%2Fb]/":    {protocol.URI{"coap", "fe80::1%a/b", 5683, nil, nil}, ""},
		"coap://[fe80::1%25Eth0]/":     {protocol.URI{"coap", "fe80::1%Eth0", 5683, nil, nil}, ""}, // zones have case
		"coap://h?":                    {protocol.URI{"coap", "h", 5683, nil, []string{""}}, "coap://h/?"},
		"coap://h?a=1&b&&c=/?":         {protocol.URI{"coap", "h", 5683, nil, []string{"a=1", "b", "", "c=/?"}}, "coap://h/?a=1&b&&c=/?"},
		"coap://h/a%26b?a%26b":         {protocol.URI{"coap", "h", 5683, []string{"a&b"}, []string{"a&b"}}, "coap://h/a&b?a%26b"},
		"coap://h//":                   {protocol.URI{"coap", "h", 5683, []string{"", ""}, nil}, ""},
		"coap://h//a///b/":             {protocol.URI{"coap", "h", 5683, []string{"", "a", "", "", "b", ""}, nil}, ""},
		"coap://h/a%2Fb/%25":           {protocol.URI{"coap", "h", 5683, []string{"a/b", "%"}, nil}, ""},
		"coap://h/%7e%41%c3%a4/ä":      {protocol.URI{"coap", "h", 5683, []string{"~Aä", "ä"}, nil}, "coap://h/~A%C3%A4/%C3%A4"},
		"coap://h/%ff":                 {protocol.URI{"coap", "h", 5683, []string{"\xff"}, nil}, "coap://h/%FF"},
		"coap://h/a-._~!$&'()*+,;=:@":  {protocol.URI{"coap", "h", 5683, []string{"a-._~!$&'()*+,;=:@"}, nil}, ""},
		"coap://h/?-._~!$'()*+,;=:@/?": {protocol.URI{"coap", "h", 5683, nil, []string{"-._~!$'()*+,;=:@/?"}}, ""},
		"coap://b%C3%BCcher.example/":  {protocol.URI{"coap", "bücher.example", 5683, nil, nil}, ""},
		"coap://%FF%41/":               {protocol.URI{"coap", "\xffa", 5683, nil, nil}, "coap://%FFa/"},
		"coap://h/a/./b/../c":          {protocol.URI{"coap", "h", 5683, []string{"a", "c"}, nil}, "coap://h/a/c"},
		"coap://h/a/b/..":              {protocol.URI{"coap", "h", 5683, []string{"a", ""}, nil}, "coap://h/a/"},
		"coap://h/../../a/.":           {protocol.URI{"coap", "h", 5683, []string{"a", ""}, nil}, "coap://h/a/"},
		"coap://h/a/..":                {protocol.URI{"coap", "h", 5683, nil, nil}, "coap://h/"},
		"coap://h/.":                   {protocol.URI{"coap", "h", 5683, nil, nil}, "coap://h/"},
		"coap://h/%2E%2E/%2e/...":      {protocol.URI{"coap", "h", 5683, []string{"..", ".", "..."}, nil}, "coap://h/%2E%2E/%2E/..."},
		"coap://h/" + strings.Repeat("x", 255): {
			protocol.URI{"coap", "h", 5683, []string{strings.Repeat("x", 255)}, nil}, "",
		},
	} {
		u, err := protocol.ParseURI(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if !reflect.DeepEqual(u, want.uri) {
			t.Errorf("%s: %#v, want %#v", text, u, want.uri)
		}
		form := want.form
		if form == "" {
			form = text
		}
		if u.String() != form {
			t.Errorf("%s: normal form %s, want %s", text, u, form)
		}
		if again, err := protocol.ParseURI(form); err != nil || !reflect.DeepEqual(again, u) {
			t.Errorf("%s: parsed again %#v (%v)", form, again, err)
		}
		if !strings.HasSuffix(form, u.PathQuery()) || !strings.HasPrefix(u.PathQuery(), "/") {
			t.Errorf("%s: PathQuery %s", form, u.PathQuery())
		}
	}
}

// RFC 7252 §6.3 gives three URIs that are equivalent and make the same options.
func TestEquivalentURIs(t *testing.T) {
	want := protocol.Options{
		{protocol.URIHost, []byte("example.com")}, {protocol.URIPath, []byte("~sensors")}, {protocol.URIPath, []byte("temp.xml")},
	}
	for _, text := range []string{
		"coap://example.com:5683/~sensors/temp.xml",
		"coap://EXAMPLE.com/%7Esensors/temp.xml",
		"coap://EXAMPLE.com:/%7esensors/temp.xml",
	} {
		u, err := protocol.ParseURI(text)
		if err != nil || u.String() != "coap://example.com/~sensors/temp.xml" || !reflect.DeepEqual(u.Options(), want) {
			t.Errorf("%s: %s, options %q, error %v", text, u, u.Options(), err)
		}
	}
}

func TestParseURIErrors(t *testing.T) {
	long := strings.Repeat("x", 256)
	for text, want := range map[string]struct {
		offset int
		field  string
	}{
		"":                           {0, "scheme"},
		"/a":                         {0, "scheme"},
		"example.com":                {0, "scheme"},
		"http://h/":                  {0, "scheme"},
		"coapx://h/":                 {0, "scheme"},
		"coap:h":                     {5, "authority"},
		"coap:/h":                    {5, "authority"},
		"coap://":                    {7, "host"},
		"coap:///a":                  {7, "host"},
		"coap://:80/":                {7, "host"},
		"coap://h/a#f":               {10, "fragment"},
		"coap://h#f":                 {8, "fragment"},
		"coap://u@h/":                {8, "authority"},
		"coap://h:0/":                {9, "port"},
		"coap://h:65536/":            {9, "port"},
		"coap://h:+1/":               {9, "port"},
		"coap://h:8a/":               {9, "port"},
		"coap://[::1]:0/":            {13, "port"},
		"coap://[::1]x/":             {12, "authority"},
		"coap://[::1/":               {7, "host"},
		"coap://[]/":                 {8, "host"},
		"coap://[1.2.3.4]/":          {8, "host"},
		"coap://[::g]/":              {8, "host"},
		"coap://[fe80::1%25a%2]/":    {19, "host"},
		"coap://[::1%25a%zz]/":       {15, "host"},
		"coap://::1/":                {7, "host"},
		"coap://a]b/":                {8, "host"},
		"coap://a%20b/":              {7, "host"},
		"coap://a%2Fb/":              {7, "host"},
		"coap://" + long + "/":       {7, "host"},
		"coap://a%2/":                {8, "host"},
		"coap://h/a b":               {10, "URI"},
		"coap://h/a\x00":             {10, "URI"},
		"coap://h/ä\"":               {11, "URI"},
		"coap://h/{a}":               {9, "URI"},
		"coap://h/a/%":               {11, "path"},
		"coap://h/a/%4":              {11, "path"},
		"coap://h/a/%4g":             {11, "path"},
		"coap://h/%+f":               {9, "path"},
		"coap://h/a[0]":              {10, "path"},
		"coap://h/" + "a/" + long:    {11, "path"},
		"coap://h/?" + "a&" + long:   {12, "query"},
		"coap://h?a&b%x":             {12, "query"},
		"coap://h?a&b[]":             {12, "query"},
		"coap://h/%zz/..":            {9, "path"},
		"coap://[fe80::1%25eth0]:x/": {24, "port"},
	} {
		u, err := protocol.ParseURI(text)
		var e *protocol.URIError
		if !errors.As(err, &e) {
			t.Errorf("%.40s: parsed as %v (%v)", text, u, err)
			continue
		}
		if e.Offset != want.offset || e.Field != want.field {
			t.Errorf("%.40s: %v, want %d, %s", text, e, want.offset, want.field)
		}
		if !strings.HasPrefix(e.Section, "RFC ") || e.Reason == "" || !strings.Contains(e.Error(), e.Reason) {
			t.Errorf("%.40s: %+v", text, e)
		}
	}
}

func TestURIOptions(t *testing.T) {
	for text, want := range map[string]protocol.Options{
		"coap://h/":                {{protocol.URIHost, []byte("h")}},
		"coap://192.0.2.1":         {},
		"coap://[2001:db8::1]:99/": {},
		"coap://[fe80::1%25e]/a//?x&": {
			{protocol.URIPath, []byte("a")},
			{protocol.URIPath, []byte{}},
			{protocol.URIPath, []byte{}},
			{protocol.URIQuery, []byte("x")},
			{protocol.URIQuery, []byte{}},
		},
	} {
		u, err := protocol.ParseURI(text)
		if got := u.Options(); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q (%v), want %q", text, got, err, want)
		}
	}
}

func TestURIOf(t *testing.T) {
	server := netip.MustParseAddrPort("192.0.2.1:5683")
	option := func(n protocol.OptionNumber, value string) protocol.Option {
		return protocol.Option{Number: n, Value: []byte(value)}
	}
	for _, test := range []struct {
		scheme      protocol.Scheme
		destination netip.AddrPort
		options     protocol.Options
		want        string
	}{
		{protocol.CoAP, server, nil, "coap://192.0.2.1/"},
		{protocol.CoAPS, server, nil, "coaps://192.0.2.1:5683/"},
		{protocol.CoAP, netip.MustParseAddrPort("[2001:db8::1]:61616"), nil, "coap://[2001:db8::1]:61616/"},
		{protocol.CoAP, netip.MustParseAddrPort("[fe80::1%eth0]:5683"), nil, "coap://[fe80::1%25eth0]/"},
		{protocol.CoAP, netip.MustParseAddrPort("[::ffff:192.0.2.1]:5683"), nil, "coap://192.0.2.1/"},
		{protocol.CoAP, server, protocol.Options{option(protocol.URIHost, "EXAMPLE.net")}, "coap://example.net/"},
		{protocol.CoAP, server, protocol.Options{option(protocol.URIHost, "192.0.2.9")}, "coap://192.0.2.9/"},
		{protocol.CoAP, server, protocol.Options{option(protocol.URIHost, "[FE80:0::1%Eth0]")}, "coap://[fe80::1%25Eth0]/"},
		{protocol.CoAP, server, protocol.Options{option(protocol.URIHost, "bücher")}, "coap://b%C3%BCcher/"},
		{protocol.CoAP, server, protocol.Options{option(protocol.URIPort, "\x00\x50")}, "coap://192.0.2.1:80/"},
		{protocol.CoAP, server, protocol.Options{option(protocol.URIPath, "")}, "coap://192.0.2.1/"},
		{protocol.CoAP, server, protocol.Options{option(protocol.URIPath, ""), option(protocol.URIPath, "")}, "coap://192.0.2.1//"},
		{protocol.CoAP, server, protocol.Options{option(protocol.URIPath, ".."), option(protocol.URIPath, "a/b")}, "coap://192.0.2.1/%2E%2E/a%2Fb"},
		// The options need not be in order.
		{
			protocol.CoAP, server,
			protocol.Options{option(protocol.URIQuery, "q&1"), option(protocol.URIPath, "a"), option(protocol.URIQuery, "/?"), option(protocol.URIPath, "é")},
			"coap://192.0.2.1/a/%C3%A9?q%261&/?",
		},
	} {
		u, err := protocol.URIOf(test.scheme, test.destination, test.options)
		if err != nil || u.String() != test.want {
			t.Errorf("%q: %s (%v), want %s", test.options, u, err, test.want)
			continue
		}
		if again, err := protocol.ParseURI(test.want); err != nil || !reflect.DeepEqual(again, u) {
			t.Errorf("%s: parsed as %#v (%v), want %#v", test.want, again, err, u)
		}
	}
	for _, o := range []protocol.Option{
		option(protocol.URIHost, ""), option(protocol.URIHost, "[::1"), option(protocol.URIHost, "[1.2.3.4]"), option(protocol.URIHost, "::1"),
		option(protocol.URIHost, "a/b"), option(protocol.URIHost, "a:1"), option(protocol.URIHost, "a b"), option(protocol.URIHost, "[]"),
		option(protocol.URIHost, "["), option(protocol.URIHost, "[::1]x"), option(protocol.URIHost, strings.Repeat("x", 256)),
		option(protocol.URIPort, ""), option(protocol.URIPort, "\x00\x00"), option(protocol.URIPort, "\x01\x00\x00"), option(protocol.URIPort, "123456789"),
	} {
		u, err := protocol.URIOf(protocol.CoAP, server, protocol.Options{o})
		var e *protocol.URIError
		if !errors.As(err, &e) || e.Field != o.Number.String() || !strings.HasPrefix(e.Section, "RFC 7252 §6.5 step ") {
			t.Errorf("%v %q: %s (%v)", o.Number, o.Value, u, err)
		}
	}
}

// A URI makes options, and these make the URI again.
func TestURIRoundTrip(t *testing.T) {
	part := rapid.OneOf(rapid.StringN(0, 8, 255), rapid.StringMatching(`[a-z%&/?.=#\[\] "]{0,6}`), rapid.SampledFrom([]string{".", "..", "", "%2E", "\xff\x00"}))
	rapid.Check(t, func(t *rapid.T) {
		u := protocol.URI{
			Scheme: rapid.SampledFrom([]protocol.Scheme{
				protocol.CoAP, protocol.CoAPS, protocol.CoAPTCP, protocol.CoAPSTCP, protocol.CoAPWS, protocol.CoAPSWS,
			}).Draw(t, "scheme"),
			Host:  rapid.SampledFrom([]string{"example.com", "a-_~!$&'()*+,;=.b", "ü", "192.0.2.1", "2001:db8::1", "fe80::1%eth0", "fe80::1%25", "fe80::1%a b%c"}).Draw(t, "host"),
			Port:  rapid.Uint16Range(1, 65535).Draw(t, "port"),
			Path:  rapid.SliceOfN(part, 0, 5).Draw(t, "path"),
			Query: rapid.SliceOfN(part, 0, 5).Draw(t, "query"),
		}
		if len(u.Path) == 0 || len(u.Path) == 1 && u.Path[0] == "" {
			u.Path = nil
		}
		if len(u.Query) == 0 {
			u.Query = nil
		}
		parsed, err := protocol.ParseURI(u.String())
		if err != nil || !reflect.DeepEqual(parsed, u) {
			t.Fatalf("%s: %#v (%v), want %#v", u, parsed, err, u)
		}
		address, ok := u.Addr()
		if !ok {
			address = netip.MustParseAddr("2001:db8::7")
		}
		composed, err := protocol.URIOf(u.Scheme, netip.AddrPortFrom(address, u.Port), u.Options())
		if err != nil || !reflect.DeepEqual(composed, u) {
			t.Fatalf("%s: options %q make %#v (%v)", u, u.Options(), composed, err)
		}
	})
}
