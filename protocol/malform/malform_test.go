package malform_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/protocol/malform"
)

// get is CON GET /test with a token of two bytes; sent as NON, what the recipient may do differs.
var (
	get    = []byte{0x42, 0x01, 0x12, 0x34, 0xca, 0xfe, 0xb4, 't', 'e', 's', 't'}
	getNON = append([]byte{0x52}, get[1:]...)
)

// presets says of each preset what dissect finds in the GET that it breaks, what is right when that is a CON and when
// it is a NON, and which clause decides.
var presets = []struct{ id, rules, con, non, clause string }{
	{"version-0", "version-not-1", "silence", "silence", "RFC 7252 §3"},
	{"version-2", "version-not-1", "silence", "silence", "RFC 7252 §3"},
	{"version-3", "version-not-1", "silence", "silence", "RFC 7252 §3"},
	{"header-1-byte", "message-too-short", "silence", "silence", "RFC 7252 §3"},
	{"header-3-bytes", "message-too-short", "silence", "silence", "RFC 7252 §3"},
	{"token-length-9", "token-length-reserved", "Reset, or any response", "silence, or Reset, or any response", "RFC 7252 §3"},
	{"token-length-10", "token-length-reserved", "Reset, or any response", "silence, or Reset, or any response", "RFC 7252 §3"},
	{"token-length-11", "token-length-reserved", "Reset, or any response", "silence, or Reset, or any response", "RFC 7252 §3"},
	{"token-length-12", "token-length-reserved", "Reset, or any response", "silence, or Reset, or any response", "RFC 7252 §3"},
	{"token-length-13", "", "Reset, or any response", "silence, or Reset, or any response", "RFC 7252 §3"},
	{"token-length-14", "", "Reset, or any response", "silence, or Reset, or any response", "RFC 7252 §3"},
	{"token-length-15", "token-length-15", "Reset", "silence, or Reset", "RFC 8974 §2.1"},
	{"token-length-13-cut-off", "token-length-cut-off", "Reset", "silence, or Reset", "RFC 8974 §2.1"},
	{"token-length-14-cut-off", "token-length-cut-off", "Reset", "silence, or Reset", "RFC 8974 §2.1"},
	{"token-cut-off", "token-past-end", "Reset", "silence, or Reset", "RFC 7252 §3"},
	{"ping", "", "Reset", "Reset", "RFC 7252 §4.2"},
	{"empty-non", "empty-non-confirmable", "silence, or Reset", "silence, or Reset", "RFC 7252 §4.3"},
	{"empty-ack", "", "silence", "silence", "RFC 7252 §4.2"},
	{"empty-reset", "", "silence", "silence", "RFC 7252 §4.2"},
	{"ack-request", "request-in-acknowledgement", "silence", "silence", "RFC 7252 §4.2"},
	{"ack-response", "", "silence", "silence", "RFC 7252 §4.2"},
	{"ack-reserved-class", "code-class-reserved", "silence", "silence", "RFC 7252 §4.2"},
	{"ack-malformed", "option-wrong-direction option-delta-15", "silence", "silence", "RFC 7252 §4.2"},
	{"reset-request", "reset-not-empty", "silence", "silence", "RFC 7252 §4.2"},
	{"reset-response", "reset-not-empty", "silence", "silence", "RFC 7252 §4.2"},
	{"empty-with-token", "empty-with-content", "Reset", "silence, or Reset", "RFC 7252 §4.1"},
	{"empty-with-option", "empty-with-content", "Reset", "silence, or Reset", "RFC 7252 §4.1"},
	{"empty-with-payload", "empty-with-content", "Reset", "silence, or Reset", "RFC 7252 §4.1"},
	{"class-1", "code-class-reserved", "Reset", "silence, or Reset", "RFC 7252 §3"},
	{"class-3", "code-class-reserved", "Reset", "silence, or Reset", "RFC 7252 §3"},
	{"class-6", "code-class-reserved", "Reset", "silence, or Reset", "RFC 7252 §3"},
	{"signaling", "signaling-option-unknown-critical signaling-on-udp", "Reset", "silence, or Reset", "RFC 7252 §3"},
	{"method-unknown", "code-unknown", "4.05 Method Not Allowed", "4.05 Method Not Allowed", "RFC 7252 §5.8"},
	{"response-2-05", "", "Reset", "silence, or Reset", "RFC 7252 §5.3.2"},
	{"response-4-04", "", "Reset", "silence, or Reset", "RFC 7252 §5.3.2"},
	{"response-5-00", "", "Reset", "silence, or Reset", "RFC 7252 §5.3.2"},
	{"response-2-31", "continue-without-block1", "Reset", "silence, or Reset", "RFC 7252 §5.3.2"},
	{"response-5-31", "code-unknown", "Reset", "silence, or Reset", "RFC 7252 §5.3.2"},
	{"delta-15", "option-delta-15", "Reset", "silence, or Reset", "RFC 7252 §3.1"},
	{"length-15", "option-length-15", "Reset", "silence, or Reset", "RFC 7252 §3.1"},
	{"delta-13-cut-off", "option-delta-cut-off", "Reset", "silence, or Reset", "RFC 7252 §3.1"},
	{"delta-14-cut-off", "option-delta-cut-off", "Reset", "silence, or Reset", "RFC 7252 §3.1"},
	{"length-13-cut-off", "option-length-cut-off", "Reset", "silence, or Reset", "RFC 7252 §3.1"},
	{"length-14-cut-off", "option-length-cut-off", "Reset", "silence, or Reset", "RFC 7252 §3.1"},
	{"value-cut-off", "option-past-end", "Reset", "silence, or Reset", "RFC 7252 §3.1"},
	{"number-overflow", "option-number-overflow", "Reset", "silence, or Reset", "RFC 7252 §12.2"},
	{"marker-without-payload", "payload-marker-without-payload", "Reset", "silence, or Reset", "RFC 7252 §3"},
	{"critical-unknown", "option-unknown-critical", "4.02 Bad Option", "silence, or Reset", "RFC 7252 §5.4.1"},
	{"uri-port-3-bytes", "option-length-out-of-range", "4.02 Bad Option", "silence, or Reset", "RFC 7252 §5.4.3"},
	{"uri-host-empty", "option-length-out-of-range", "4.02 Bad Option", "silence, or Reset", "RFC 7252 §5.4.3"},
	{"uri-host-256-bytes", "option-length-out-of-range", "4.02 Bad Option", "silence, or Reset", "RFC 7252 §5.4.3"},
	{"uri-path-256-bytes", "option-length-out-of-range", "4.02 Bad Option", "silence, or Reset", "RFC 7252 §5.4.3"},
	{"uri-query-256-bytes", "option-length-out-of-range", "4.02 Bad Option", "silence, or Reset", "RFC 7252 §5.4.3"},
	{"if-match-9-bytes", "option-length-out-of-range", "4.02 Bad Option", "silence, or Reset", "RFC 7252 §5.4.3"},
	{"if-none-match-value", "option-length-out-of-range if-none-match-method", "4.02 Bad Option", "silence, or Reset", "RFC 7252 §5.4.3"},
	{"accept-3-bytes", "option-length-out-of-range uint-leading-zeros", "4.02 Bad Option", "silence, or Reset", "RFC 7252 §5.4.3"},
	{"block2-4-bytes", "option-length-out-of-range uint-leading-zeros", "4.02 Bad Option", "silence, or Reset", "RFC 7252 §5.4.3"},
	{"uri-port-twice", "option-repeated", "4.02 Bad Option", "silence, or Reset", "RFC 7252 §5.4.5"},
	{"accept-twice", "option-repeated", "4.02 Bad Option", "silence, or Reset", "RFC 7252 §5.4.5"},
	{"if-none-match-twice", "option-repeated if-none-match-method", "4.02 Bad Option", "silence, or Reset", "RFC 7252 §5.4.5"},
	{"elective-unknown", "", "any response", "any response", "RFC 7252 §5.4.1"},
	{"option-0", "option-number-reserved", "any response", "any response", "RFC 7252 §5.4.1"},
	{"content-format-3-bytes", "option-length-out-of-range uint-leading-zeros", "any response", "any response", "RFC 7252 §5.4.3"},
	{"etag-9-bytes", "option-length-out-of-range", "any response", "any response", "RFC 7252 §5.4.3"},
	{"etag-empty", "option-length-out-of-range", "any response", "any response", "RFC 7252 §5.4.3"},
	{"observe-4-bytes", "option-length-out-of-range uint-leading-zeros", "any response", "any response", "RFC 7252 §5.4.3"},
	{"content-format-twice", "option-repeated", "any response", "any response", "RFC 7252 §5.4.5"},
	{"max-age-in-request", "option-wrong-direction", "any response", "any response", "RFC 7252 §5.4"},
	{"location-in-request", "option-wrong-direction", "any response", "any response", "RFC 7252 §5.4"},
	{"observe-put", "observe-method", "any response", "any response", "RFC 7641 §2"},
	{"observe-2", "observe-value", "any response", "any response", "RFC 7641 §2"},
	{"size2-in-request", "size2-in-request", "any response", "any response", "RFC 7252 §5.2"},
	{"hop-limit-0", "hop-limit-zero", "4.00 Bad Request, or any response", "4.00 Bad Request, or any response", "RFC 8768 §3"},
	{"hop-limit-2-bytes", "option-length-out-of-range", "any response", "any response", "RFC 7252 §5.4.3"},
	{"no-response-all", "", "any response, or an Empty acknowledgement", "any response, or silence", "RFC 7967 §2"},
	{"no-response-bits", "no-response-bits", "any response", "any response", "RFC 7252 §5.2"},
	{"etag-put", "etag-method", "any response", "any response", "RFC 7252 §5.2"},
	{"uint-leading-zeros", "uint-leading-zeros", "any response", "any response", "RFC 7252 §3.2"},
	{"uri-path-not-utf-8", "string-not-utf-8", "any response", "any response", "RFC 7252 §3.2"},
	{"dot-segment", "dot-segment", "any response", "any response", "RFC 7252 §5.10.1"},
	{"uri-path-with-slash", "uri-path-with-slash", "any response", "any response", "RFC 7252 §5.2"},
	{"uri-query-with-ampersand", "uri-query-with-ampersand", "any response", "any response", "RFC 7252 §5.2"},
	{"uri-host-upper-case", "uri-host-upper-case", "any response", "any response", "RFC 7252 §5.2"},
	{"accept-unavailable", "", "4.06 Not Acceptable, or any error", "4.06 Not Acceptable, or any error", "RFC 7252 §5.10.4"},
	{"content-format-unsupported", "", "4.15 Unsupported Content-Format, or any response", "4.15 Unsupported Content-Format, or any response", "RFC 7252 §5.9.2.10"},
	{"proxy-uri", "", "5.05 Proxying Not Supported, or any error", "5.05 Proxying Not Supported, or any error", "RFC 7252 §5.7.2"},
	{"proxy-uri-empty", "option-length-out-of-range proxy-uri-not-absolute", "4.02 Bad Option", "silence, or Reset", "RFC 7252 §5.4.3"},
	{"proxy-uri-relative", "proxy-uri-not-absolute", "5.05 Proxying Not Supported, or any response", "5.05 Proxying Not Supported, or any response", "RFC 7252 §5.7.2"},
	{"proxy-uri-beside-uri", "proxy-uri-beside-uri", "5.05 Proxying Not Supported, or any error", "5.05 Proxying Not Supported, or any error", "RFC 7252 §5.7.2"},
	{"proxy-scheme", "", "5.05 Proxying Not Supported, or any error", "5.05 Proxying Not Supported, or any error", "RFC 7252 §5.7.2"},
	{"proxy-scheme-beside-proxy-uri", "proxy-scheme-beside-proxy-uri", "5.05 Proxying Not Supported, or any error", "5.05 Proxying Not Supported, or any error", "RFC 7252 §5.7.2"},
	{"proxy-scheme-alone", "proxy-scheme-without-uri-host", "5.05 Proxying Not Supported, or any response", "5.05 Proxying Not Supported, or any response", "RFC 7252 §5.7.2"},
	{"both-conditions", "if-match-and-if-none-match", "4.12 Precondition Failed, or any error", "4.12 Precondition Failed, or any error", "RFC 7252 §5.10.8.2"},
	{"if-none-match-get", "if-none-match-method", "4.12 Precondition Failed, or any response", "4.12 Precondition Failed, or any response", "RFC 7252 §5.10.8"},
	{"block2-szx-7", "block-szx-7", "4.00 Bad Request, or 4.02 Bad Option", "4.00 Bad Request, or silence, or Reset", "RFC 7959 §2.2"},
	{"block1-szx-7", "block-szx-7", "4.00 Bad Request, or 4.02 Bad Option", "4.00 Bad Request, or silence, or Reset", "RFC 7959 §2.2"},
	{"block1-out-of-order", "", "4.08 Request Entity Incomplete, or any response", "4.08 Request Entity Incomplete, or any response, or silence, or Reset", "RFC 7959 §2.5"},
	{"block1-short", "block-payload-size", "4.00 Bad Request, or any response", "4.00 Bad Request, or any response, or silence, or Reset", "RFC 7959 §2.3"},
	{"block1-without-payload", "block-payload-size", "4.00 Bad Request, or any response", "4.00 Bad Request, or any response, or silence, or Reset", "RFC 7959 §2.3"},
	{"block2-more", "block2-more-in-request", "any response", "any response, or silence, or Reset", "RFC 7959 §2.2"},
	{"block2-twice", "option-repeated", "4.02 Bad Option", "silence, or Reset", "RFC 7252 §5.4.5"},
	{"if-none-match-later-block", "if-none-match-later-block", "4.12 Precondition Failed, or 4.08 Request Entity Incomplete, or any response", "4.12 Precondition Failed, or 4.08 Request Entity Incomplete, or any response, or silence, or Reset", "RFC 7252 §5.10.8"},
	{"block-beside-q-block", "block-beside-q-block", "4.02 Bad Option", "4.02 Bad Option, or silence, or Reset", "RFC 9177 §4.1"},
	{"q-block1-without-request-tag", "q-block1-without-request-tag q-block-without-size", "4.00 Bad Request, or 4.02 Bad Option", "4.00 Bad Request, or silence, or Reset", "RFC 9177 §4.3"},
	{"q-block2-order", "q-block2-order", "4.00 Bad Request, or any response", "4.00 Bad Request, or any response, or silence, or Reset", "RFC 9177 §4.4"},
	{"oscore-flags", "oscore-option-malformed oscore-request-incomplete", "4.02 Bad Option or 4.01 Unauthorized or 4.00 Bad Request, or an Empty acknowledgement", "4.02 Bad Option or 4.01 Unauthorized or 4.00 Bad Request, or silence, or Reset", "RFC 8613 §8.2"},
	{"oscore-partial-iv-cut-off", "oscore-option-malformed", "4.02 Bad Option or 4.01 Unauthorized or 4.00 Bad Request, or an Empty acknowledgement", "4.02 Bad Option or 4.01 Unauthorized or 4.00 Bad Request, or silence, or Reset", "RFC 8613 §8.2"},
	{"oscore-without-payload", "oscore-without-payload", "4.02 Bad Option or 4.01 Unauthorized or 4.00 Bad Request, or an Empty acknowledgement", "4.02 Bad Option or 4.01 Unauthorized or 4.00 Bad Request, or silence, or Reset", "RFC 8613 §8.2"},
	{"oscore-without-kid", "oscore-request-incomplete", "4.02 Bad Option or 4.01 Unauthorized or 4.00 Bad Request, or any response, or an Empty acknowledgement", "4.02 Bad Option or 4.01 Unauthorized or 4.00 Bad Request, or any response, or silence, or Reset", "RFC 8613 §8.2"},
	{"oscore-unknown-context", "", "4.02 Bad Option or 4.01 Unauthorized or 4.00 Bad Request, or any response, or an Empty acknowledgement", "4.02 Bad Option or 4.01 Unauthorized or 4.00 Bad Request, or any response, or silence, or Reset", "RFC 8613 §8.2"},
	{"payload-get", "payload-undefined", "any response", "any response", "RFC 7252 §5.5"},
	{"fetch-without-format", "fetch-without-content-format", "4.15 Unsupported Content-Format or 4.00 Bad Request, or any response", "4.15 Unsupported Content-Format or 4.00 Bad Request, or any response", "RFC 8132 §2.3.1"},
	{"too-large", "message-too-large", "4.13 Request Entity Too Large, or any response, or Reset", "4.13 Request Entity Too Large, or any response, or silence, or Reset", "RFC 7252 §4.6"},
}

func TestPresets(t *testing.T) {
	all := malform.Presets()
	for i, p := range all {
		if i >= len(presets) || presets[i].id != p.ID {
			t.Fatalf("preset %d is %s, which the table does not have there", i, p.ID)
		}
		want := presets[i]
		con, err := p.Apply(get)
		if err != nil {
			t.Errorf("%s: %v", p.ID, err)
			continue
		}
		non, err := p.Apply(getNON)
		if err != nil {
			t.Errorf("%s, NON: %v", p.ID, err)
			continue
		}
		if rules := rulesOf(con); rules != want.rules {
			t.Errorf("%s: %x breaks %q, want %q", p.ID, con, rules, want.rules)
		}
		e := malform.Expect(con, false)
		if e.String() != want.con || e.Clause != want.clause {
			t.Errorf("%s: right is %s (%s), want %s (%s)", p.ID, e.String(), e.Clause, want.con, want.clause)
		}
		if e := malform.Expect(non, false); e.String() != want.non {
			t.Errorf("%s, NON: right is %s, want %s", p.ID, e.String(), want.non)
		}
		group := malform.Expect(non, true)
		if _, ok := group.Outcome(malform.Reaction{}); !ok || group.Right[0].Kind != malform.Silence {
			t.Errorf("%s to a group: right is %s, and silence always is", p.ID, group.String())
		}
	}
	if len(all) != len(presets) {
		t.Errorf("%d presets, and the table has %d", len(all), len(presets))
	}
}

func rulesOf(b []byte) string {
	var ids []string
	for _, f := range dissect.Dissect(b).Findings {
		ids = append(ids, f.ID)
	}
	return strings.Join(ids, " ")
}

// unmade are the rules of one datagram that no preset breaks: those about responses, which nobody waits for whatever is in
// them, and about numbers of options and of bytes that only a hostile message has.
var unmade = []string{
	"diagnostic-not-utf-8", "entity-too-large-without-size1", "observe-response-code", "too-many-options", "observe-in-error",
	"valid-with-payload", "valid-without-etag", "etag-in-error", "location-without-created", "block2-beside-block1-more",
	"missing-blocks-payload", "oscore-outer-code", "oscore-partial-iv-zeros", "oscore-option-outside", "oscore-outer-no-response",
}

// reliable are the rules of messages on TCP and WebSockets.
var reliable = []string{
	"code-missing", "message-length-cut-off", "message-shorter-than-length", "message-longer-than-length", "websocket-length-not-zero",
	"empty-not-empty", "abort-without-diagnostic", "bert-payload-size", "missing-blocks-on-reliable", "extended-token-length-range",
}

func TestEveryRuleIsBroken(t *testing.T) {
	broken := map[string]bool{}
	for _, p := range presets {
		for _, id := range strings.Fields(p.rules) {
			broken[id] = true
		}
	}
	for _, r := range dissect.Rules() {
		listed := slices.Contains(reliable, r.ID) || slices.Contains(unmade, r.ID)
		switch {
		case !broken[r.ID] && !listed:
			t.Errorf("no preset breaks %s", r.ID)
		case broken[r.ID] && listed:
			t.Errorf("%s is listed as one that no preset breaks", r.ID)
		}
		if r.Format && slices.Contains(unmade, r.ID) {
			t.Errorf("%s is of the message format, and no preset breaks it", r.ID)
		}
	}
}

func TestPresetsSayWhatTheyBreak(t *testing.T) {
	seen := map[string]bool{}
	group := ""
	for _, p := range malform.Presets() {
		if seen[p.ID] || p.Title == "" || !strings.HasSuffix(p.Breaks, ".") || !strings.HasPrefix(p.Clause, "RFC ") {
			t.Errorf("%+v", p)
		}
		seen[p.ID] = true
		if p.Group != group && seen["group "+p.Group] {
			t.Errorf("%s: the presets of %s are not together", p.ID, p.Group)
		}
		group = p.Group
		seen["group "+group] = true
		if found, ok := malform.Find(p.ID); !ok || found.Title != p.Title {
			t.Errorf("%s is not found", p.ID)
		}
	}
	if _, ok := malform.Find("nothing"); ok {
		t.Error("found what is not there")
	}
}

// A preset gives an error where it cannot be applied, which says what to do.
func TestPresetsThatCannotBeApplied(t *testing.T) {
	for _, c := range []struct{ id, message, want string }{
		{"critical-unknown", "\x60\x45\x12\x34", "its code is not 0.01 to 0.31"},
		{"token-length-9", "\x40\x00\x12\x34", "choose a request"},
		{"token-length-15", "\x40\x00\x12\x34", "choose a request"},
		{"token-cut-off", "\x40\x00\x12\x34", "choose a request"},
		{"delta-15", "\x40\x00\x12\x34", "choose a request"},
		{"version-0", "\x40\x01\x12\x34\xff", "broken already"},
		{"ping", "", "broken already"},
		{"header-1-byte", "", "broken already"},
	} {
		p, ok := malform.Find(c.id)
		if !ok {
			t.Fatalf("no %s", c.id)
		}
		if b, err := p.Apply([]byte(c.message)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s of %x: %x, %v", c.id, c.message, b, err)
		}
	}
}

// Whatever the message, a preset changes no byte of it, does the same again, and either says why it cannot be applied
// or gives what a recipient can be asked about.
func TestPresetsOfAnyMessage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := protocol.Message{
			Type:      protocol.Type(rapid.IntRange(0, 3).Draw(t, "type")),
			Code:      protocol.Code(rapid.Byte().Draw(t, "code")),
			MessageID: protocol.MessageID(rapid.Uint16().Draw(t, "id")),
		}
		if m.Code != protocol.Empty {
			m.Token = protocol.TokenOf(rapid.SliceOfN(rapid.Byte(), 0, 8).Draw(t, "token"))
			m.Payload = rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "payload")
			for range rapid.IntRange(0, 5).Draw(t, "options") {
				n := protocol.OptionNumber(rapid.OneOf(rapid.Uint16Range(0, 70), rapid.Uint16()).Draw(t, "number"))
				m.Options = m.Options.Add(n, rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "value"))
			}
		}
		message, err := m.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		before := bytes.Clone(message)
		for _, p := range malform.Presets() {
			b, err := p.Apply(message)
			again, _ := p.Apply(message)
			switch {
			case !bytes.Equal(message, before):
				t.Fatalf("%s has changed the message", p.ID)
			case !bytes.Equal(b, again):
				t.Fatalf("%s gives %x, then %x", p.ID, b, again)
			case err != nil && (b != nil || m.Code.IsRequest()):
				t.Fatalf("%s of %x: %x, %v", p.ID, message, b, err)
			}
			if err == nil {
				judgeable(t, b)
			}
		}
	})
}

// judgeable fails where the expectation of a datagram says nothing.
func judgeable(t interface{ Fatalf(string, ...any) }, b []byte) {
	for _, multicast := range []bool{false, true} {
		e := malform.Expect(b, multicast)
		if len(e.Right) == 0 || e.Finding == "" || !strings.HasPrefix(e.Clause, "RFC ") {
			t.Fatalf("%x, multicast %v: %+v", b, multicast, e)
		}
		for _, o := range e.Right {
			if o.String() == "" || o.Why == "" || !strings.HasPrefix(o.Clause, "RFC ") {
				t.Fatalf("%x, multicast %v: outcome %+v", b, multicast, o)
			}
		}
		if j := malform.Judge(&e, nil, false); j.Verdict != malform.Waiting {
			t.Fatalf("%x: nothing came yet, and it is %+v", b, j)
		}
		want := malform.Wrong
		if e.Allows(malform.Silence) {
			want = malform.Right
		}
		if j := malform.Judge(&e, nil, true); j.Verdict != want || j.Text == "" {
			t.Fatalf("%x: silence is %+v", b, j)
		}
	}
}

func FuzzExpect(f *testing.F) {
	f.Add([]byte{})
	f.Add(get)
	for _, p := range malform.Presets() {
		for _, base := range [][]byte{get, getNON} {
			if b, err := p.Apply(base); err == nil {
				f.Add(b)
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		judgeable(t, b)
		kind, _, ok := protocol.Header(b)
		e := malform.Expect(b, false)
		// What nobody can answer, and what never is answered, is met by silence alone.
		if silent := !ok || kind == protocol.Acknowledgement || kind == protocol.Reset; silent != (len(e.Right) == 1 && e.Allows(malform.Silence)) {
			t.Fatalf("%x: %s", b, e.String())
		}
		var m protocol.Message
		if ok && m.ParseExtended(b) != nil && kind == protocol.Confirmable && e.String() != "Reset" {
			t.Fatalf("a CON with a message format error, %x: %s", b, e.String())
		}
		malform.Judge(&e, []malform.Reaction{malform.Read(get, b, 1)}, true)
		for _, p := range malform.Presets() {
			_, _ = p.Apply(b) // whatever it is
		}
	})
}
