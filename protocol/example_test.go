package protocol_test

import (
	"fmt"
	"net/netip"

	"coapscope/protocol"
)

func ExampleParse() {
	m, err := protocol.Parse([]byte("\x61\x45\x7d\x35\x20\xc0\xff22.3 C"))
	if err != nil {
		fmt.Println(err)
		return
	}
	format, _ := m.ContentFormat()
	fmt.Println(m)
	fmt.Println(format)
	fmt.Println(string(m.Payload))
	// Output:
	// ACK 2.05 7d35 20
	// text/plain; charset=utf-8
	// 22.3 C
}

func ExampleParse_error() {
	_, err := protocol.Parse([]byte{0x40, 0x01, 0x7d, 0x34, 0xff})
	fmt.Println(err)
	// Output: byte 4, payload: payload marker without payload (RFC 7252 §3)
}

func ExampleMessage_Append() {
	m := protocol.Message{Type: protocol.Confirmable, Code: protocol.GET, MessageID: 0x7d34}
	m.Options = m.Options.Add(protocol.URIPath, []byte("temperature"))
	b, err := m.Append(nil)
	fmt.Printf("%x %v\n", b, err)
	// Output: 40017d34bb74656d7065726174757265 <nil>
}

func ExampleParseURI() {
	u, err := protocol.ParseURI("coap://EXAMPLE.com:/%7esensors/temp.xml?unit=C")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(u)
	for _, o := range u.Options() {
		fmt.Printf("%v %q\n", o.Number, o.Value)
	}
	// Output:
	// coap://example.com/~sensors/temp.xml?unit=C
	// Uri-Host "example.com"
	// Uri-Path "~sensors"
	// Uri-Path "temp.xml"
	// Uri-Query "unit=C"
}

func ExampleURIOf() {
	o := protocol.Options{}.Add(protocol.URIPath, []byte("a/b")).Add(protocol.URIQuery, []byte("x=1&2"))
	u, _ := protocol.URIOf(protocol.CoAP, netip.MustParseAddrPort("[2001:db8::1]:61616"), o)
	fmt.Println(u)
	// Output: coap://[2001:db8::1]:61616/a%2Fb?x=1%262
}

func ExampleOptionNumber_Critical() {
	for _, n := range []protocol.OptionNumber{protocol.URIPath, protocol.MaxAge, protocol.Size1, 3332} {
		fmt.Println(n, n.Critical(), n.Unsafe(), n.NoCacheKey())
	}
	// Output:
	// Uri-Path true true false
	// Max-Age false true false
	// Size1 false false true
	// 3332 false false false
}
