package cache

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
)

// A story of the cache, a request a line:
//
//	second  request | what the cache says | the peer's response | what satisfies the request
//
// The cache says "stored" with the response and its age, and the line ends there; or "asks", with the ETags that it adds
// to the request. Requests and responses are a method or code, a path, a payload in quotes, and options as name=value;
// "b:" before the path is another endpoint, "!" before the method asks the peer though something fresh is there.
type story struct {
	name  string
	limit int64
	lines string
}

var endpoints = map[string]netip.AddrPort{
	"":  netip.MustParseAddrPort("192.0.2.1:5683"),
	"b": netip.MustParseAddrPort("[2001:db8::2]:5683"),
}

var names = map[string]protocol.OptionNumber{
	"etag": protocol.ETag, "max-age": protocol.MaxAge, "accept": protocol.Accept, "query": protocol.URIQuery, "observe": protocol.Observe,
	"tag": protocol.RequestTag, "size2": protocol.Size2, "block2": protocol.Block2, "host": protocol.URIHost, "if-match": protocol.IfMatch,
	"echo": protocol.Echo, "oscore": protocol.OSCORE, "format": protocol.ContentFormatOption, "location": protocol.LocationPath, "proxy": protocol.ProxyURI,
}

var epoch = time.Unix(1e9, 0)

// message reads a request or response.
func message(s string) (to netip.AddrPort, m protocol.Message, err error) {
	for i, word := range strings.Fields(s) {
		name, value, isOption := strings.Cut(word, "=")
		switch {
		case i == 0 && word[0] >= '0' && word[0] <= '9':
			class, _ := strconv.Atoi(word[:1])
			detail, _ := strconv.Atoi(word[2:])
			m.Code = protocol.MakeCode(uint8(class), uint8(detail))
		case i == 0:
			for c := protocol.GET; c <= protocol.IPATCH; c++ {
				if c.Short() == word {
					m.Code = c
				}
			}
		case word[0] == '"':
			m.Payload = []byte(strings.Trim(word, `"`))
		case isOption:
			n, known := names[name]
			if number, err := strconv.Atoi(name); err == nil {
				n, known = protocol.OptionNumber(number), true
			}
			row := n.Lookup(m.Code)
			switch {
			case !known:
				return to, m, fmt.Errorf("what is %q?", word)
			case row != nil && row.Format == protocol.FormatUint:
				v, err := strconv.ParseUint(value, 10, 64)
				if err != nil {
					return to, m, err
				}
				m.Options = m.Options.AddUint(n, v)
			case row != nil && row.Format == protocol.FormatString:
				m.Options = m.Options.Add(n, []byte(value))
			default:
				b, err := hex.DecodeString(value)
				if err != nil {
					return to, m, err
				}
				m.Options = m.Options.Add(n, b)
			}
		default:
			peer, path, ok := strings.Cut(word, ":")
			if !ok {
				peer, path = "", word
			}
			to = endpoints[peer]
			for _, segment := range strings.Split(strings.Trim(path, "/"), "/") {
				m.Options = m.Options.Add(protocol.URIPath, []byte(segment))
			}
		}
	}
	if m.Code == protocol.Empty {
		return to, m, fmt.Errorf("no code in %q", s)
	}
	return to, m, nil
}

// text is a response as the stories have it.
func text(m protocol.Message) string {
	s := m.Code.Dotted()
	if len(m.Payload) > 0 {
		s += fmt.Sprintf(" %q", m.Payload)
	}
	for _, o := range m.Options {
		for name, n := range names {
			if n != o.Number {
				continue
			}
			switch v, _ := o.Uint(); n.Lookup(m.Code).Format {
			case protocol.FormatUint:
				s += fmt.Sprintf(" %s=%d", name, v)
			case protocol.FormatString:
				s += fmt.Sprintf(" %s=%s", name, o.Value)
			default:
				s += fmt.Sprintf(" %s=%x", name, o.Value)
			}
		}
	}
	return s
}

// play gives what the lines should have been.
func (s story) play(t *testing.T) {
	limit := s.limit
	if limit == 0 {
		limit = 1 << 20
	}
	c := New(limit)
	for _, line := range strings.Split(strings.TrimSpace(s.lines), "\n") {
		columns := strings.Split(line, "|")
		for i := range columns {
			columns[i] = strings.Join(strings.Fields(columns[i]), " ")
		}
		at, rest, _ := strings.Cut(columns[0], " ")
		seconds, err := strconv.ParseFloat(at, 64)
		if err != nil {
			t.Fatal(err)
		}
		now := epoch.Add(time.Duration(seconds * float64(time.Second)))
		rest, must := strings.CutPrefix(rest, "!")
		to, request, err := message(rest)
		if err != nil {
			t.Fatal(err)
		}
		got := []string{columns[0]}
		if r, ok := c.Lookup(now, to, request); ok && !must {
			got = append(got, "stored "+text(r.Message)+fmt.Sprintf(", %v s old", r.Age.Seconds()))
			if !r.Stored || r.Validated {
				t.Errorf("%s: %+v", columns[0], r)
			}
		} else {
			asks := "asks"
			had := len(request.Options)
			sent := c.Revalidate(to, request)
			if len(request.Options) != had {
				t.Errorf("%s: the request was changed", columns[0])
			}
			for tag := range sent.Options.All(protocol.ETag) {
				asks += fmt.Sprintf(" etag=%x", tag)
			}
			got = append(got, asks)
			if len(columns) < 3 {
				t.Fatalf("%s: %s, and no response is there", columns[0], asks)
			}
			_, response, err := message(columns[2])
			if err != nil {
				t.Fatal(err)
			}
			response.MessageID, response.Token = 77, protocol.TokenOf([]byte{7})
			result := c.Handle(now, to, request, response)
			end := text(result.Message)
			if result.Stored {
				end = "stored " + end
			}
			if result.Validated {
				end += ", validated"
			}
			if result.Message.MessageID != 77 || result.Message.Token != response.Token || result.Age != 0 {
				t.Errorf("%s: %+v does not come from the response", columns[0], result)
			}
			got = append(got, columns[2], end)
		}
		if got, want := strings.Join(got, " | "), strings.Join(columns, " | "); got != want {
			t.Fatalf("want %s\n got %s", want, got)
		}
		c.check(t)
	}
}

// check holds the bookkeeping against what is there.
func (c *Cache) check(t interface{ Fatalf(string, ...any) }) {
	entries, size, slots := 0, int64(0), 0
	for k, s := range c.slots {
		if s.key != k || len(s.entries) == 0 || len(s.entries) > maxTagged {
			t.Fatalf("a slot with %d entries", len(s.entries))
		}
		for _, e := range s.entries {
			if e.slot != s || e.place.Value.(*entry) != e {
				t.Fatalf("an entry that is not at its place")
			}
			entries++
			size += e.size
		}
	}
	for _, of := range c.resources {
		slots += len(of)
		if len(of) == 0 {
			t.Fatalf("a resource without slots")
		}
	}
	if n, bytes := c.Size(); n != entries || bytes != size || size > c.limit || slots != len(c.slots) {
		t.Fatalf("%d responses of %d bytes, counted %d of %d; %d slots, %d of resources; limit %d", entries, size, n, bytes, len(c.slots), slots, c.limit)
	}
}

func TestStories(t *testing.T) {
	for _, s := range []story{
		{"fresh for Max-Age, and at its last second (§5.6.1)", 0, `
			0    GET /a | asks | 2.05 "v1" max-age=10 | 2.05 "v1" max-age=10
			0    GET /a | stored 2.05 "v1" max-age=10, 0 s old
			10   GET /a | stored 2.05 "v1" max-age=10, 10 s old
			10.5 GET /a | asks | 2.05 "v2" max-age=10 | 2.05 "v2" max-age=10
			11   GET /a | stored 2.05 "v2" max-age=10, 0.5 s old`},
		{"60 seconds where nothing is said (§5.10.5)", 0, `
			0    GET /a | asks | 2.05 "v1" | 2.05 "v1"
			60   GET /a | stored 2.05 "v1", 60 s old
			61   GET /a | asks | 2.05 "v1" | 2.05 "v1"`},
		{"Max-Age 0 prevents it (§5.6.1)", 0, `
			0    GET /a | asks | 2.05 "v1" max-age=0 | 2.05 "v1" max-age=0
			0    GET /a | asks | 2.05 "v1" max-age=0 | 2.05 "v1" max-age=0`},
		{"Max-Age 0 with an ETag: asks each time, the body comes once", 0, `
			0    GET /a | asks | 2.05 "v1" etag=01 max-age=0 | 2.05 "v1" etag=01 max-age=0
			0    GET /a | asks etag=01 | 2.03 etag=01 max-age=0 | stored 2.05 "v1" etag=01 max-age=0, validated
			5    GET /a | asks etag=01 | 2.03 etag=01 max-age=0 | stored 2.05 "v1" etag=01 max-age=0, validated`},
		{"the longest Max-Age", 0, `
			0          GET /a | asks | 2.05 "v1" max-age=4294967295 | 2.05 "v1" max-age=4294967295
			4000000000 GET /a | stored 2.05 "v1" max-age=4294967295, 4e+09 s old`},
		{"a clock that goes back", 0, `
			100  GET /a | asks | 2.05 "v1" | 2.05 "v1"
			50   GET /a | stored 2.05 "v1", 0 s old`},
		{"validated: fresh again, for the Max-Age of the 2.03 (§5.9.1.3)", 0, `
			0    GET /a | asks | 2.05 "v1" etag=01 format=50 max-age=5 | 2.05 "v1" etag=01 format=50 max-age=5
			6    GET /a | asks etag=01 | 2.03 etag=01 max-age=30 | stored 2.05 "v1" etag=01 format=50 max-age=30, validated
			36   GET /a | stored 2.05 "v1" etag=01 format=50 max-age=30, 30 s old
			37   GET /a | asks etag=01 | 2.03 etag=01 | stored 2.05 "v1" etag=01 format=50, validated
			97   GET /a | stored 2.05 "v1" etag=01 format=50, 60 s old`},
		{"options of the 2.03 replace those of their kind, if they are safe to forward", 0, `
			0    GET /a | asks | 2.05 "v1" etag=01 format=50 location=x location=y max-age=1 | 2.05 "v1" etag=01 location=x location=y format=50 max-age=1
			2    GET /a | asks etag=01 | 2.03 etag=01 location=z observe=7 | stored 2.05 "v1" etag=01 location=z format=50, validated`},
		{"several representations (§5.6.2)", 0, `
			0    GET /a | asks | 2.05 "v1" etag=01 max-age=1 | 2.05 "v1" etag=01 max-age=1
			2    GET /a | asks etag=01 | 2.05 "v2" etag=02 max-age=1 | 2.05 "v2" etag=02 max-age=1
			4    GET /a | asks etag=02 etag=01 | 2.03 etag=01 | stored 2.05 "v1" etag=01, validated
			5    GET /a | stored 2.05 "v1" etag=01, 1 s old
			90   GET /a | asks etag=01 etag=02 | 2.05 "v2" etag=02 max-age=1 | 2.05 "v2" etag=02 max-age=1
			92   GET /a | asks etag=02 etag=01 | 2.03 etag=09 | 2.03 etag=09`},
		{"a new response takes the place of a fresh one (§5.6.1)", 0, `
			0    GET /a | asks | 2.05 "v1" etag=01 max-age=9 | 2.05 "v1" etag=01 max-age=9
			10   GET /a | asks etag=01 | 2.05 "v2" max-age=1 | 2.05 "v2" max-age=1
			10   GET /a | stored 2.05 "v2" max-age=1, 0 s old
			12   GET /a | asks etag=01 | 4.04 max-age=1 | 4.04 max-age=1
			12   GET /a | stored 4.04 max-age=1, 0 s old
			14   GET /a | asks etag=01 | 2.03 etag=01 | stored 2.05 "v1" etag=01, validated`},
		{"also one that was asked for though that was fresh, and whatever it is", 0, `
			0    GET /a | asks | 2.05 "v1" etag=01 | 2.05 "v1" etag=01
			1    !GET /a | asks etag=01 | 2.05 "v2" etag=02 max-age=5 | 2.05 "v2" etag=02 max-age=5
			7    GET /a | asks etag=02 etag=01 | 2.03 etag=01 | stored 2.05 "v1" etag=01, validated
			8    !GET /a | asks etag=01 etag=02 | 2.03 etag=02 max-age=5 | stored 2.05 "v2" etag=02 max-age=5, validated
			14   GET /a | asks etag=02 etag=01 | 2.03 etag=01 | stored 2.05 "v1" etag=01, validated
			15   !GET /a | asks etag=01 etag=02 | 4.01 echo=07 | 4.01 echo=07
			15   GET /a | asks etag=01 etag=02 | 2.05 | 2.05`},
		{"who sends the ETag itself gets the 2.03, and the stored one is fresh again", 0, `
			0    GET /a | asks | 2.05 "v1" etag=01 max-age=1 | 2.05 "v1" etag=01 max-age=1
			2    GET /a etag=01 | asks etag=01 | 2.03 etag=01 | 2.03 etag=01, validated
			3    GET /a | stored 2.05 "v1" etag=01, 1 s old
			90   GET /a etag=05 | asks etag=05 etag=01 | 2.03 etag=05 | 2.03 etag=05`},
		{"a 2.03 without an ETag says nothing", 0, `
			0    GET /a | asks | 2.05 "v1" etag=01 max-age=1 | 2.05 "v1" etag=01 max-age=1
			2    GET /a | asks etag=01 | 2.03 | 2.03
			2    GET /a | asks etag=01 | 2.03 etag=01 | stored 2.05 "v1" etag=01, validated`},
		{"ETags of no byte and of nine are none", 0, `
			0    GET /a | asks | 2.05 "v1" etag= max-age=1 | 2.05 "v1" etag= max-age=1
			2    GET /a | asks | 2.05 "v1" etag=010203040506070809 max-age=1 | 2.05 "v1" etag=010203040506070809 max-age=1
			4    GET /a | asks | 2.03 etag= | 2.03 etag=`},
		{"Cache-Key: options that matter (§5.6)", 0, `
			0    GET /a accept=50 | asks | 2.05 "json" | 2.05 "json"
			0    GET /a | asks | 2.05 "text" | 2.05 "text"
			0    GET /a query=x | asks | 2.05 "x" | 2.05 "x"
			0    GET /a host=h | asks | 2.05 "h" | 2.05 "h"
			0    GET b:/a | asks | 2.05 "b" | 2.05 "b"
			0    GET /a 2048=00 | asks | 2.05 "unknown" | 2.05 "unknown"
			1    GET /a accept=50 | stored 2.05 "json", 1 s old
			1    GET /a | stored 2.05 "text", 1 s old
			1    GET /a query=x | stored 2.05 "x", 1 s old
			1    GET /a host=h | stored 2.05 "h", 1 s old
			1    GET b:/a | stored 2.05 "b", 1 s old
			1    GET /a 2048=00 | stored 2.05 "unknown", 1 s old
			1    GET /a 2048=01 | asks | 4.04 | 4.04`},
		{"Cache-Key: options that do not: NoCacheKey, ETag, Observe, Request-Tag", 0, `
			0    GET /a size2=0 | asks | 2.05 "v1" etag=01 | 2.05 "v1" etag=01
			1    GET /a | stored 2.05 "v1" etag=01, 1 s old
			2    GET /a etag=07 | stored 2.05 "v1" etag=01, 2 s old
			3    GET /a tag=01 echo=02 | stored 2.05 "v1" etag=01, 3 s old
			4    GET /a 60=9 | stored 2.05 "v1" etag=01, 4 s old
			4    GET /a 2076=01 | stored 2.05 "v1" etag=01, 4 s old`},
		{"a notification is stored without Observe (RFC 7641 §2)", 0, `
			0    GET /a observe=0 | asks | 2.05 "v1" observe=12 | 2.05 "v1" observe=12
			1    GET /a | stored 2.05 "v1", 1 s old`},
		{"FETCH: the body is part of the key (RFC 8132 §2)", 0, `
			0    FETCH /a format=50 "x" | asks | 2.05 "1" etag=01 | 2.05 "1" etag=01
			0    FETCH /a format=50 "y" | asks | 2.05 "2" | 2.05 "2"
			0    GET /a format=50 "x" | asks | 2.05 "3" | 2.05 "3"
			1    FETCH /a format=50 "x" | stored 2.05 "1" etag=01, 1 s old
			1    FETCH /a format=50 "y" | stored 2.05 "2", 1 s old
			1    FETCH /a format=60 "x" | asks | 2.05 "4" | 2.05 "4"
			70   FETCH /a format=50 "x" | asks etag=01 | 2.03 etag=01 | stored 2.05 "1" etag=01, validated`},
		{"errors are cacheable, not to be validated (§5.9.2, §5.9.3)", 0, `
			0    GET /a | asks | 4.04 "gone" | 4.04 "gone"
			60   GET /a | stored 4.04 "gone", 60 s old
			61   GET /a | asks | 5.03 max-age=30 etag=01 | 5.03 etag=01 max-age=30
			91   GET /a | stored 5.03 etag=01 max-age=30, 30 s old
			92   GET /a | asks | 2.05 | 2.05`},
		{"success codes other than 2.05 are not", 0, `
			0    GET /a | asks | 2.04 "x" | 2.04 "x"
			0    GET /a | asks | 2.01 "x" | 2.01 "x"
			0    GET /a | asks | 2.02 "x" | 2.02 "x"
			0    GET /a | asks | 2.31 | 2.31
			0    GET /a | asks | 2.30 "x" | 2.30 "x"
			0    GET /a | asks | 2.05 "x" | 2.05 "x"`},
		{"other methods always ask", 0, `
			0    PUT /a | asks | 4.04 | 4.04
			0    PUT /a | asks | 2.05 | 2.05
			0    POST /a | asks | 4.29 max-age=9 | 4.29 max-age=9
			0    GET /a | asks | 2.05 "v1" | 2.05 "v1"
			1    POST /a | asks | 4.29 max-age=9 | 4.29 max-age=9
			1    GET /a | stored 2.05 "v1", 1 s old`},
		{"2.04: what is stored for the URI is not fresh any more (§5.9.1.4)", 0, `
			0    GET /a accept=50 | asks | 2.05 "json" etag=01 | 2.05 "json" etag=01
			0    GET /a | asks | 2.05 "text" | 2.05 "text"
			0    GET /b | asks | 2.05 "b" | 2.05 "b"
			0    GET /a query=x | asks | 2.05 "x" | 2.05 "x"
			0    GET b:/a | asks | 2.05 "other" | 2.05 "other"
			1    PUT /a "n" | asks | 2.04 | 2.04
			2    GET /a accept=50 | asks etag=01 | 2.03 etag=01 | stored 2.05 "json" etag=01, validated
			2    GET /a | asks | 2.05 "text" | 2.05 "text"
			2    GET /b | stored 2.05 "b", 2 s old
			2    GET /a query=x | stored 2.05 "x", 2 s old
			2    GET b:/a | stored 2.05 "other", 2 s old`},
		{"a change that the peer refuses is none", 0, `
			0    GET /a | asks | 2.05 "v1" | 2.05 "v1"
			1    PUT /a "n" | asks | 4.03 | 4.03
			2    GET /a | stored 2.05 "v1", 2 s old`},
		{"2.02, 2.31 and PATCH", 0, `
			0    GET /a | asks | 2.05 "v1" | 2.05 "v1"
			1    DELETE /a | asks | 2.02 | 2.02
			2    GET /a | asks | 2.05 "v2" | 2.05 "v2"
			3    PUT /a | asks | 2.31 | 2.31
			4    GET /a | asks | 2.05 "v3" | 2.05 "v3"
			5    iPATCH /a | asks | 2.04 | 2.04
			6    GET /a | asks | 2.05 "v4" | 2.05 "v4"`},
		{"2.01: the created resource (§5.9.1.1)", 0, `
			0    GET /a/1 | asks | 4.04 | 4.04
			0    GET /a | asks | 2.05 "0" | 2.05 "0"
			0    GET /c | asks | 2.05 "c" | 2.05 "c"
			1    POST /a "n" | asks | 2.01 location=a location=1 | 2.01 location=a location=1
			2    GET /a/1 | asks | 2.05 "n" | 2.05 "n"
			2    GET /a | asks | 2.05 "1" | 2.05 "1"
			2    GET /c | stored 2.05 "c", 2 s old`},
		{"the URI is that of the proxied resource (§5.10.2)", 0, `
			0    GET proxy=coap://x/1 | asks | 2.05 "1" | 2.05 "1"
			0    GET proxy=coap://x/2 | asks | 2.05 "2" | 2.05 "2"
			1    PUT proxy=coap://x/1 | asks | 2.04 | 2.04
			2    GET proxy=coap://x/1 | asks | 2.05 "1" | 2.05 "1"
			2    GET proxy=coap://x/2 | stored 2.05 "2", 2 s old`},
		{"blocks and envelopes pass by", 0, `
			0    GET /a block2=6 | asks | 2.05 "v1" block2=14 | 2.05 "v1" block2=14
			0    GET /a block2=6 | asks | 2.05 "v1" | 2.05 "v1"
			0    GET /a | asks | 2.05 "v1" block2=14 | 2.05 "v1" block2=14
			0    FETCH /a oscore=09 | asks | 2.05 "v1" | 2.05 "v1"
			0    FETCH /a oscore=09 | asks | 2.05 "v1" | 2.05 "v1"
			0    GET /a | asks | 2.05 "v1" | 2.05 "v1"`},
		{"a challenge is for one request (RFC 9175 §2.3), an unsafe option that is not known for nobody", 0, `
			0    GET /a | asks | 4.01 echo=01 | 4.01 echo=01
			0    GET /a echo=01 | asks | 2.05 "v1" 2050=00 | 2.05 "v1"
			0    GET /a | asks | 2.05 "v1" 2048=00 | 2.05 "v1"
			1    GET /a | stored 2.05 "v1", 1 s old`},
		{"a conditional request is another", 0, `
			0    GET /a if-match=01 | asks | 4.12 | 4.12
			0    GET /a | asks | 2.05 "v1" | 2.05 "v1"
			1    GET /a if-match=01 | stored 4.12, 1 s old`},
		{"room for two: the one used least recently goes", 650, `
			0    GET /a | asks | 2.05 "a" | 2.05 "a"
			0    GET /b | asks | 2.05 "b" | 2.05 "b"
			1    GET /a | stored 2.05 "a", 1 s old
			2    GET /c | asks | 2.05 "c" | 2.05 "c"
			3    GET /a | stored 2.05 "a", 3 s old
			3    GET /b | asks | 2.05 "b" | 2.05 "b"
			4    GET /c | asks | 2.05 "c" | 2.05 "c"`},
		{"what is larger than the cache is not kept, and takes no room", 600, `
			0    GET /a | asks | 2.05 "a" | 2.05 "a"
			0    GET /b | asks | 2.05 "` + strings.Repeat("x", 600) + `" | 2.05 "` + strings.Repeat("x", 600) + `"
			1    GET /a | stored 2.05 "a", 1 s old
			1    GET /b | asks | 2.05 | 2.05`},
		{"a cache of nothing", -1, `
			0    GET /a | asks | 2.05 "a" etag=01 | 2.05 "a" etag=01
			0    GET /a | asks | 2.03 etag=01 | 2.03 etag=01`},
		{"eight representations at most", 0, tagged(10)},
	} {
		t.Run(s.name, s.play)
	}
}

// tagged is a resource that changes each second, and is asked for each time; then all that are kept are named.
func tagged(n int) string {
	var b strings.Builder
	etags := ""
	for i := range n {
		fmt.Fprintf(&b, "%d GET /a | asks%s | 2.05 etag=%02x max-age=0 | 2.05 etag=%02x max-age=0\n", i, etags, i, i)
		etags = fmt.Sprintf(" etag=%02x", i) + etags
		if f := strings.Fields(etags); len(f) > maxTagged {
			etags = " " + strings.Join(f[:maxTagged], " ")
		}
	}
	return b.String()
}

// A response takes the place of one with the same ETag, and of one without; options count as well as payload.
func TestResponsesAreReplaced(t *testing.T) {
	c := New(1 << 20)
	to, request, err := message(`GET a`)
	if err != nil {
		t.Fatal(err)
	}
	kept := func(response string) (int, int64) {
		t.Helper()
		_, m, err := message(response)
		if err != nil {
			t.Fatal(err)
		}
		m.MessageID, m.Token = 7, protocol.TokenOf([]byte{7})
		c.Handle(epoch, to, request, m)
		if r, ok := c.Lookup(epoch, to, request); !ok || r.Message.MessageID != 0 || r.Message.Token.Len() != 0 {
			t.Errorf("%s is stored as %+v, %v", response, r.Message, ok)
		}
		return c.Size()
	}
	one, small := kept(`2.05 "x"`)
	if n, large := kept(`2.05 etag=00 "xyz"`); one != 1 || n != 1 || large < small+2+1 {
		t.Errorf("%d, then %d responses with %d, then %d bytes", one, n, small, large)
	}
	if n, _ := kept(`2.05 etag=00 "abc"`); n != 1 {
		t.Errorf("%d responses with one ETag", n)
	}
	if n, _ := kept(`2.05 etag=0102030405060708 "abc"`); n != 2 {
		t.Errorf("%d responses with two ETags", n)
	}
	if m := c.Revalidate(to, request); len(m.Options) != 3 {
		t.Errorf("asks with %v, want both ETags", m.Options)
	}
}
