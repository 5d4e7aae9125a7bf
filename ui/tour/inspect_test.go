//go:build !ci

package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"coapscope/ui/view"
)

// TestInspection plays what a user does who looks into messages: pasted ones with something wrong, a
// notification beside the one before it, payloads, names of vendors, and an edited request. Each step leaves
// the window for the next one, and a picture in build/e2e.
func TestInspection(t *testing.T) {
	plays(t, []deed{
		{"31-paste", (*user).pastesAMessage},
		{"32-findings", (*user).goesToAFinding},
		{"33-all-findings", (*user).listsFindings},
		{"34-bug-report", (*user).copiesABugReport},
		{"35-vendor-name", (*user).namesAnOption},
		{"36-tcp", (*user).pastesACSM},
		{"37-grid-width", (*user).changesTheGrid},
		{"38-observed", (*user).observesAgain},
		{"39-compare", (*user).comparesNotifications},
		{"40-compare-pinned", (*user).comparesWithAPinnedOne},
		{"41-payload", (*user).foldsAPayload},
		{"42-payload-as", (*user).showsAPayloadAs},
		{"43-filter", (*user).filtersByExpression},
		{"44-column", (*user).addsAColumn},
		{"45-flip-a-bit", (*user).flipsABit},
	})
}

// paste types a message into the dialog for pasting and has it dissected.
func (u *user) paste(text, summary string) view.Probed {
	before := u.Probe()
	u.Try(func() { u.Key("ctrl+shift+v") }, "the dialog", func(p view.Probed) bool { return p.Says("", "Paste a message") })
	u.Key("ctrl+a")
	u.Type(text)
	u.says("", summary)
	u.Try(func() { u.Click("", "Dissect") }, "the end of the dialog", func(p view.Probed) bool { return !p.Says("", "Paste a message") })
	return u.WaitFor("the message in the inspector", func(p view.Probed) bool {
		return p.Packets != before.Packets && p.Selected == p.Packets && len(p.Fields) > 0
	})
}

// sixFindings is a GET with six mistakes: If-None-Match with a value, Uri-Port of three bytes with a leading
// zero, Max-Age, Accept twice, and a payload marker at the end.
const sixFindings = "44011234a1b2c3d4 51 01 23 001633 44 74656d70 31 3c 31 32 01 32 ff"

func (u *user) pastesAMessage() {
	p := u.paste(sixFindings, "1 message, read as hex · 26 bytes · UDP")
	u.want("the number of packets", p.Packets, 1)
	for _, field := range []string{
		"Code: 0.01 GET", "Message ID: 0x1234", "Token: a1b2c3d4", "5 If-None-Match: 01", "7 Uri-Port: 5683",
		"11 Uri-Path: temp", "14 Max-Age: 60 s", "17 Accept: 50 application/json", "Payload marker: 0xff",
	} {
		u.wantField(p, field)
	}
	u.want("the number of findings", p.Findings, 6)
	u.says("status", "1 packet")
}

func (u *user) goesToAFinding() {
	u.Try(func() { u.Click("inspector", "Findings") }, "the findings", func(p view.Probed) bool {
		return p.Says("inspector", "The option is not repeatable") && p.Says("inspector", "RFC 7252 §5.4.5") && p.Says("inspector", "Send it once")
	})
	u.want("the headings of findings", len(regexp.MustCompile(`(?m)^ ?[✖▲●] `).FindAllString(u.Probe().Text("inspector"), -1)), 6)
	p := u.Try(func() { u.Click("inspector", "A payload marker without payload") }, "the marker in the grid", func(p view.Probed) bool {
		return p.From == 25 && p.Says("inspector", "bits a row")
	})
	u.want("the end of what is selected", p.To, 26)
	u.want("the field", p.Chosen, "Payload marker: 0xff")
}

func (u *user) listsFindings() {
	u.Try(func() { u.Key("ctrl+2") }, "the findings of all packets", func(p view.Probed) bool { return p.Says("packets", "Clause") })
	p := u.Try(func() { u.Click("packets", "The option is not repeatable") }, "the second Accept", func(p view.Probed) bool { return p.From == 23 })
	u.want("the end of what is selected", p.To, 25)
	u.want("the packet", p.Selected, 1)
	if text := p.Text("packets"); strings.Count(text, "RFC 7252 §") != 6 {
		u.t.Errorf("not six clauses:\n%s", text)
	}
	u.Try(func() { u.Key("ctrl+1") }, "the packets", func(p view.Probed) bool { return !p.Says("packets", "Clause") })
}

func (u *user) copiesABugReport() {
	u.Try(func() { u.Click("inspector", "Findings") }, "the findings", func(p view.Probed) bool { return p.Says("inspector", "Copy as bug report") })
	p := u.Try(func() { u.Click("inspector", "Copy as bug report") }, "a report", func(p view.Probed) bool { return strings.HasPrefix(p.Clipboard, "## ") })
	for _, want := range []string{
		"## Message 1: CON · 0.01 GET · 26 bytes\n", "### Findings: 6\n",
		"1. **error: The length of the option's value is out of its range** (RFC 7252 §5.4.3)\n", "   - Expected: Accept once\n   - Actual: repeated\n",
		"| 0–1 | \u2003Version | 1 |\n", "0000  44 01 12 34 a1 b2 c3 d4  51 01 23 00 16 33 44 74  D..4....Q.#..3Dt\n",
	} {
		if !strings.Contains(p.Clipboard, want) {
			u.t.Errorf("the report has no %q:\n%s", want, p.Clipboard)
		}
	}
	u.Try(func() { u.Click("inspector", "Bits") }, "the bits", func(p view.Probed) bool { return p.Says("inspector", "bits a row") })
}

func (u *user) namesAnOption() {
	p := u.paste("40 01 00 07 e2 fcdc 0102", "1 message, read as hex · 9 bytes · UDP")
	u.wantField(p, "65001 unknown: 0102")
	u.Try(func() { u.Key("ctrl+shift+n") }, "the dialog", func(p view.Probed) bool { return p.Says("", "Names of options and codes") })
	u.Key("ctrl+a")
	u.Type("option 65001 Device-Id opaque 9x")
	u.says("", "✖ ")
	u.Key("ctrl+a")
	u.Type("option 65001 Device-Id opaque 1-8 request")
	u.says("", "Every line can be read")
	u.Try(func() { u.Click("", "Save") }, "the end of the dialog", func(p view.Probed) bool { return !p.Says("", "Every line can be read") })
	p = u.WaitFor("the name", func(p view.Probed) bool { return strings.Contains(strings.Join(p.Fields, "\n"), "Device-Id") })
	u.wantField(p, "65001 Device-Id: 0102")
	u.says("status", "written")
}

func (u *user) pastesACSM() {
	p := u.paste("70 e1 22 0480 20 22 012c", "read as hex · 9 bytes · TCP")
	for _, field := range []string{
		"Length: 7", "Token length: 0", "Code: 7.01 CSM", "2 Max-Message-Size: 1152 bytes", "4 Block-Wise-Transfer", "6 Extended-Token-Length: 300",
	} {
		u.wantField(p, field)
	}
	u.want("the number of findings", p.Findings, 0)
	u.says("packets", "Max-Message-Size 1152")
	u.says("inspector", "TCP · 7.01 CSM")
}

func (u *user) changesTheGrid() {
	u.Try(func() { u.Click("packets", "1234") }, "the first message", func(p view.Probed) bool { return p.Selected == 1 })
	rows := func(p view.Probed) float32 { // from the version down to the message ID
		version, _ := p.Find("inspector", "v1")
		id, _ := p.Find("inspector", "Message ID 0x1234")
		return id.Y - version.Y
	}
	wide := u.WaitFor("the message ID", func(p view.Probed) bool { return p.Says("inspector", "Message ID 0x1234") })
	u.want("the distance of version and message ID in a grid of 32", rows(wide), float32(0))
	narrow := u.Try(func() { u.Click("inspector", "16") }, "a grid of 16", func(p view.Probed) bool { return rows(p) > 0 })
	one := rows(narrow)
	u.Try(func() { u.Click("inspector", "8") }, "a grid of 8", func(p view.Probed) bool { return p.Says("inspector", "class 0") && rows(p) > one })
	u.Try(func() { u.Click("inspector", "auto") }, "as wide as there is room for", func(p view.Probed) bool { return rows(p) == 0 })
}

// observesAgain leaves three notifications of a sensor of the lab.
func (u *user) observesAgain() {
	u.Try(func() { u.Click("bar", "Capture") }, "the menu", func(p view.Probed) bool { return p.Says("", "show live packets") })
	u.Try(func() { u.Click("", "show live packets") }, "no packets yet", func(p view.Probed) bool { return p.Packets == 0 })
	u.goTo("coap://127.0.0.11/sensors/temp")
	u.Try(func() { u.Click("bar", "◉ Observe") }, "an observation", func(p view.Probed) bool { return p.State == "observing" })
	u.WaitFor("two notifications after the response", func(p view.Probed) bool { return p.Notified >= 3 })
	u.Try(func() { u.Click("bar", "◉ Stop") }, "the end of the observation", func(p view.Probed) bool { return p.State == "idle" })
}

// clickNotification finds notification n of the packets, from 0, and clicks it.
func (u *user) clickNotification(n int) view.Probed {
	find := func(p view.Probed) (found view.ProbedSpan, ok bool) {
		var above []view.ProbedSpan
		for _, s := range p.Spans {
			if s.Panel == "packets" && strings.Contains(s.Text, "CBOR") && strings.Contains(s.Text, "obs=") {
				above = append(above, s)
			}
		}
		if len(above) <= n {
			return found, false
		}
		return above[n], true
	}
	before := u.Probe().Selected
	return u.Try(func() {
		p := u.WaitFor("the notification", func(p view.Probed) bool { _, ok := find(p); return ok })
		s, _ := find(p)
		u.ClickAt(s)
	}, "the notification in the inspector", func(p view.Probed) bool { return p.Selected != before && p.Says("inspector", "2.05 Content") })
}

// compared is a row of the comparison with its sign, of a field that both messages have.
func compared(p view.Probed, field string) []string {
	return regexp.MustCompile(`(?m)^≠ ` + field + ` (\S+) .*?(\S+)$`).FindStringSubmatch(p.Text("inspector"))
}

func (u *user) comparesNotifications() {
	p := u.clickNotification(2)
	at := p.Selected
	p = u.Try(func() { u.Key("ctrl+j") }, "the comparison", func(p view.Probed) bool {
		return p.Says("inspector", "fields differ") && p.Says("inspector", fmt.Sprintf("#%d", at))
	})
	first := regexp.MustCompile(`#(\d+) #(\d+)`).FindStringSubmatch(p.Text("inspector"))
	if first == nil || first[2] != fmt.Sprint(at) || first[1] == first[2] {
		u.t.Fatalf("messages %q are compared, want one with %d", first, at)
	}
	observe, id := compared(p, "6 Observe"), compared(p, `Message ID`)
	if observe == nil || id == nil || observe[1] == observe[2] {
		u.t.Fatalf("Observe %q and message ID %q:\n%s", observe, id, p.Text("inspector"))
	}
	u.says("inspector", "Token length")
	u.Try(func() { u.Click("inspector", "only what differs") }, "nothing that is the same", func(p view.Probed) bool {
		return p.Says("inspector", "show all") && !p.Says("inspector", "Token length") && p.Says("inspector", "6 Observe")
	})
	u.Try(func() { u.Click("inspector", "show all") }, "all fields", func(p view.Probed) bool { return p.Says("inspector", "Token length") })
}

func (u *user) comparesWithAPinnedOne() {
	pinned := u.Probe().Selected
	u.Try(func() { u.Key("ctrl+shift+j") }, "a pinned message", func(p view.Probed) bool { return p.Says("inspector", "pinned") })
	p := u.clickNotification(0)
	want := fmt.Sprintf("#%d pinned ✕ #%d", pinned, p.Selected)
	u.WaitFor(want, func(p view.Probed) bool { return strings.Contains(p.Text("inspector"), want) })
	u.Try(func() { u.Click("inspector", "pinned") }, "no pinned message", func(p view.Probed) bool { return !p.Says("inspector", "pinned") })
	u.clickNotification(1)
}

func (u *user) foldsAPayload() {
	u.Try(func() { u.Click("inspector", "Payload") }, "the payload", func(p view.Probed) bool {
		return p.Says("inspector", "CBOR") && temperature.MatchString(p.Text("inspector"))
	})
	u.Try(func() {
		u.Click("inspector", "{")
		u.Key("Left")
	}, "a folded payload", func(p view.Probed) bool {
		return p.Says("inspector", "… 3 lines") && !p.Says("inspector", `"Cel"`)
	})
	u.says("inspector", "byte 0: a3")
	u.Shot("41-payload-folded")
	u.Try(func() { u.Key("Right") }, "the payload again", func(p view.Probed) bool {
		return !p.Says("inspector", "… 3 lines") && p.Says("inspector", `"Cel"`)
	})
}

func (u *user) showsAPayloadAs() {
	u.Try(func() { u.Click("inspector", "as ▾") }, "the ways to show it", func(p view.Probed) bool { return p.Says("", "XML") })
	u.Try(func() { u.Click("", "XML") }, "the payload as XML", func(p view.Probed) bool {
		return p.Says("inspector", "expected an element") && !p.Says("inspector", `"Cel"`)
	})
	u.Try(func() { u.Click("inspector", "CBOR") }, "the payload as CBOR", func(p view.Probed) bool { return p.Says("inspector", `"Cel"`) })
	u.Try(func() { u.Click("inspector", "Bits") }, "the bits", func(p view.Probed) bool { return p.Says("inspector", "bits a row") })
}

func (u *user) filtersByExpression() {
	u.Try(func() {
		u.Key("ctrl+f", "ctrl+a")
		u.Type(`code.class == 2 && uri contains "temp"`)
	}, "what answers the sensor", func(p view.Probed) bool {
		return p.Says("packets", "CBOR") && !p.Says("packets", "/sensors/temp") && strings.Contains(p.Text("packets"), fmt.Sprintf("of %d", p.Packets))
	})
	u.Try(func() {
		u.Key("ctrl+a")
		u.Type(`code.class == 2 && code.clas == 2`)
	}, "why the filter is none", func(p view.Probed) bool {
		return p.Says("packets", "✖ character 20: there is no field “code.clas”; is it code.class?")
	})
	u.says("packets", "CBOR") // what was found stays
	u.Shot("43-filter-wrong")
	u.Try(func() { u.Key("ctrl+f", "ctrl+a", "BackSpace") }, "all packets", func(p view.Probed) bool {
		return p.Says("packets", "/sensors/temp") && !p.Says("packets", "✖ ")
	})
}

func (u *user) addsAColumn() {
	u.Try(func() { u.Menu(u.Find("inspector", "12 Content-Format")) }, "the menu of a field", func(p view.Probed) bool { return p.Says("", "Add as column") })
	u.Try(func() { u.Click("", "Add as column") }, "a column", func(p view.Probed) bool { return p.Says("packets", "content-format") })
	if text := u.Probe().Text("packets"); !regexp.MustCompile(`2\.05 .* application/cbor CBOR`).MatchString(text) {
		u.t.Errorf("no packet has its content format in its row:\n%s", text)
	}
}

// flipsABit makes Uri-Path of a request a critical option that no device knows, by one bit, and sends it.
func (u *user) flipsABit() {
	u.Try(func() { u.Click("packets", "/sensors/temp") }, "the request", func(p view.Probed) bool { return strings.Contains(strings.Join(p.Fields, "\n"), "Code: 0.01 GET") })
	of := u.Probe().Selected
	u.Try(func() { u.Key("ctrl+m") }, "a copy to edit", func(p view.Probed) bool { return p.Says("inspector", fmt.Sprintf("Editing message %d", of)) })

	// Another message ID, or the device would take it for the one that it has answered.
	u.Try(func() { u.Click("inspector", "Message ID") }, "the message ID", func(p view.Probed) bool { return strings.HasPrefix(p.Chosen, "Message ID") })
	u.Key("Return", "ctrl+a")
	u.Type("0x4242")
	u.Key("Return")
	p := u.WaitFor("another message ID", func(p view.Probed) bool { return p.Changes == 1 })
	u.wantField(p, "Message ID: 0x4242")

	path := -1 // where the byte of delta and length of the first Uri-Path is
	for i, f := range p.Fields {
		if strings.HasPrefix(f, "11 Uri-Path: sensors") {
			path = i
		}
	}
	if path < 0 {
		u.t.Fatalf("no Uri-Path in %q", p.Fields)
	}
	p = u.Try(func() { u.Click("inspector", "11 Uri-Path") }, "Uri-Path", func(p view.Probed) bool { return strings.Contains(p.Chosen, "Uri-Path") })
	before := strings.Join(p.Fields, "\n")
	delta := p.From * 8 // and the delta of the option begins there
	p = u.Try(func() { u.Click("inspector", "v1") }, "a bit of the version", func(p view.Probed) bool { return p.Bit == 0 || p.Bit == 1 })
	var keys []string
	for at := p.Bit; at < delta+1; {
		if at+32 <= delta+1 {
			keys, at = append(keys, "Down"), at+32
		} else {
			keys, at = append(keys, "Right"), at+1
		}
	}
	u.Key(keys...)
	u.WaitFor("a bit of the option's delta", func(p view.Probed) bool { return p.Bit == delta+1 })
	u.Key("space")
	p = u.WaitFor("an option of another number", func(p view.Probed) bool { return p.Changes == 2 })
	flipped := strings.Join(p.Fields, "\n")
	if flipped == before {
		u.t.Fatalf("the bit changed nothing of\n%s", before)
	}
	u.Key("ctrl+z")
	p = u.WaitFor("one change less", func(p view.Probed) bool { return p.Changes == 1 })
	u.want("what is undone", strings.Join(p.Fields, "\n"), before)
	u.Key("ctrl+shift+z")
	p = u.WaitFor("the change again", func(p view.Probed) bool { return p.Changes == 2 })
	u.want("what is done again", strings.Join(p.Fields, "\n"), flipped)
	packets := p.Packets
	u.Shot("45-editing")
	u.Key("ctrl+shift+Return")
	p = u.WaitFor("the packet that was sent", func(p view.Probed) bool { return p.Selected > packets && strings.Contains(p.Message, "Sent as packet") })
	u.wantField(p, "Message ID: 0x4242")
	u.WaitFor("the answer", func(p view.Probed) bool {
		return p.Packets > packets+1 && regexp.MustCompile(`4242.*\n.*(4\.0\d|RST).*4242`).MatchString(p.Text("packets"))
	})
}
