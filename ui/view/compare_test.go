package view_test

import (
	"fmt"
	"strings"
	"testing"

	"coapscope/protocol"
	"coapscope/session/trace"
	"coapscope/ui/view"
)

// compared puts two messages side by side, the second as if it was in the inspector.
func compared(t *testing.T, a, b protocol.Message) *view.Comparison {
	t.Helper()
	v := view.NewInspector()
	left := &trace.Frame{Seq: 1, Data: encoded(t, a)}
	right := &trace.Frame{Seq: 2, Data: encoded(t, b)}
	v.Show(right, "")
	c := new(view.Comparison)
	c.Compare(left, right, &v.Tree)
	return c
}

// rowTexts gives what the rows say, those that are the same left out.
func rowTexts(rows []view.CompareRow) string {
	var b strings.Builder
	for _, r := range rows {
		if r.State != view.CompareSame {
			fmt.Fprintf(&b, "%s %s: %s | %s\n", r.State.Sign(), r.Name, r.Left, r.Right)
		}
	}
	return b.String()
}

func notification(id protocol.MessageID, sequence uint32, body string) protocol.Message {
	m := protocol.Message{Type: protocol.NonConfirmable, Code: protocol.Content, MessageID: id, Token: protocol.TokenOf([]byte{1, 2}), Payload: []byte(body)}
	m.Options = m.Options.AddUint(protocol.Observe, uint64(sequence)).AddUint(protocol.ContentFormatOption, 50)
	return m
}

func TestCompareNotifications(t *testing.T) {
	body := func(v float64) string {
		return fmt.Sprintf(`{"temperature": %v, "unit": "Cel", "history": [%s1]}`, v, strings.Repeat("20.5, ", 20))
	}
	c := compared(t, notification(7, 12, body(21.5)), notification(8, 13, body(21.7)))
	want := "≠ Message ID: 0x0007 (7) | 0x0008 (8)\n" +
		"≠ 6 Observe: 12 | 13\n" +
		"≠ Payload data: 172 bytes application/json | 172 bytes application/json\n"
	if got := rowTexts(c.Fields); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if c.Differences != 3 || c.PayloadName != "JSON" {
		t.Errorf("%d differences, payload as %s", c.Differences, c.PayloadName)
	}
	if got := rowTexts(c.Payload); !strings.Contains(got, "21.5") || strings.Contains(got, "Cel") {
		t.Errorf("lines of the payload:\n%s", got)
	}
	// The bytes: message ID, observe value, and the one digit.
	var differ [2][]int
	for side := range 2 {
		for i := range c.Right.Bytes {
			if c.Differs(side, i) {
				differ[side] = append(differ[side], i)
			}
		}
	}
	digit := strings.Index(string(c.Right.Bytes), "21.7") + 3
	if want := fmt.Sprint([]int{3, 7, digit}); fmt.Sprint(differ[0]) != want || fmt.Sprint(differ[1]) != want {
		t.Errorf("bytes %v differ, want %s on both sides", differ, want)
	}
}

// Options stand beside those of the same number, repeated ones beside those of the same value.
func TestCompareOptions(t *testing.T) {
	path := func(segments ...string) (m protocol.Message) {
		m.Code = protocol.GET
		for _, s := range segments {
			m.Options = m.Options.Add(protocol.URIPath, []byte(s))
		}
		return m
	}
	a, b := path("sensors", "room", "temp"), path("sensors", "temp")
	a.Options = a.Options.Add(protocol.ETag, []byte{1})
	b.Options = b.Options.AddUint(protocol.Observe, 0).AddUint(protocol.Accept, 60)
	c := compared(t, a, b)
	want := "− 4 ETag: 01 | \n" +
		"+ 6 Observe:  | 0 register\n" +
		"− 11 Uri-Path: room | \n" +
		"+ 17 Accept:  | 60 application/cbor\n"
	if got := rowTexts(c.Fields); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if i := c.Beside(c.Right.Options[c.Right.FirstOption(protocol.Accept)].Field); i >= 0 {
		t.Errorf("field %d stands beside what is only right", i)
	}
	observe := c.Right.Options[c.Right.FirstOption(protocol.Observe)].Field
	temp := -1
	for i, o := range c.Right.Options {
		if string(o.Value) == "temp" {
			temp = c.Right.Options[i].ValueAt
		}
	}
	if at := c.Beside(temp); at < 0 || c.Left.Value(at) != "temp" || c.Beside(observe) >= 0 {
		t.Errorf("beside temp stands field %d, beside Observe %d", at, c.Beside(observe))
	}
}

// What is compared with itself is the same, malformed or not; any bytes can be compared.
func TestCompareAnything(t *testing.T) {
	for _, data := range [][]byte{nil, {0x40}, {0x44, 1, 0, 1, 9}, {0x40, 1, 0, 1, 0xff}, {0x40, 1, 0, 1, 0xf0, 1}, encoded(t, content(1, "x"))} {
		for _, other := range [][]byte{data, {0x60, 0x45, 0, 2, 0xc1, 60, 0xff, 1}} {
			v := view.NewInspector()
			left, right := &trace.Frame{Seq: 1, Data: other}, &trace.Frame{Seq: 2, Data: data}
			v.Show(right, "")
			c := new(view.Comparison)
			c.Compare(left, right, &v.Tree)
			if string(data) == string(other) && (c.Differences != 0 || rowTexts(c.Fields) != "" || rowTexts(c.Payload) != "") {
				t.Errorf("%x differs from itself: %s", data, rowTexts(c.Fields))
			}
			if string(data) != string(other) && c.Differences == 0 {
				t.Errorf("%x and %x are the same", data, other)
			}
		}
	}
}

func TestBefore(t *testing.T) {
	r := record(t)
	get := protocol.Message{Type: protocol.Confirmable, Code: protocol.GET, MessageID: 1, Token: protocol.TokenOf([]byte{1, 2})}
	get.Options = get.Options.AddUint(protocol.Observe, 0)
	r.sent(0, get)
	first := notification(1, 1, "a")
	first.Type = protocol.Acknowledgement
	one := r.received(5, first)
	two := r.received(5, notification(100, 2, "b"))
	other := protocol.Message{Type: protocol.NonConfirmable, Code: protocol.Content, MessageID: 200, Token: protocol.TokenOf([]byte{9}), Payload: []byte("x")}
	stray := r.received(5, other)
	three := r.received(5, notification(101, 3, "c"))
	v := r.traffic()
	for s, want := range map[trace.Seq]trace.Seq{1: 0, one: 0, two: one, three: two, stray: two, 99: 0} {
		if got := v.Before(s); got != want {
			t.Errorf("before #%d is #%d, want #%d", s, got, want)
		}
	}
}
