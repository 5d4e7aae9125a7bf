package dissect

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"coapscope/protocol"
)

// checkEdits holds all edits of any bytes against what is true of each.
func checkEdits(t failer, framing protocol.Framing, b []byte) {
	t.Helper()
	kept := bytes.Clone(b)
	tree := DissectFraming(framing, b)
	for i := range tree.Fields {
		text, ok := tree.EditText(i)
		got, err := tree.SetField(i, text)
		if ok != (err == nil) {
			t.Fatalf("%v % x: field %d %v: text %q %v, but %v", framing, b, i, tree.Fields[i].Kind, text, ok, err)
		}
		k := tree.Fields[i].Kind
		if ok && !bytes.Equal(got, b) && !((k == Payload || k == PayloadGroup) && len(tree.Payload) == 0) {
			t.Fatalf("%v % x: field %d %v set to its own %q gives % x", framing, b, i, k, text, got)
		}
		for _, text := range []string{"", "0", "1", "3", "65535", "0x0a", "ff ff", "a text", "2.05", "ACK", "1/1/64"} {
			if got, err := tree.SetField(i, text); err == nil {
				DissectFraming(framing, got)
			} else if got != nil || err.Error() == "" {
				t.Fatalf("%v % x: field %d %v: %v and % x", framing, b, i, k, err, got)
			}
		}
	}
	for k := range tree.Options {
		_, _ = tree.SetOption(k, []byte{1, 2, 3})
		_, _ = tree.RemoveOption(k)
	}
	_, _ = tree.InsertOption(60, []byte{1})
	_, _ = tree.SetToken([]byte{1, 2, 3})
	_, _ = tree.SetPayload([]byte("x"))
	if !bytes.Equal(b, kept) {
		t.Fatalf("%v % x: the bytes became % x", framing, kept, b)
	}
}

func TestEditAnyBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		framing := anyFraming().Draw(t, "framing")
		checkEdits(t, framing, anyBytes(framing).Draw(t, "message"))
	})
}

func TestEditCorpus(t *testing.T) {
	for _, m := range corpusMessages(t) {
		checkEdits(t, m.framing, m.bytes)
	}
}

func FuzzEdit(f *testing.F) {
	for _, m := range corpusMessages(f) {
		f.Add(byte(m.framing), m.bytes)
	}
	f.Fuzz(func(t *testing.T, framing byte, b []byte) {
		if len(b) > 512 {
			return // each of many fields is set, and all dissected anew: the work grows with the square
		}
		checkEdits(t, protocol.Framing(framing%3), b)
	})
}

// An edit of the structure gives the bytes that the changed message is encoded as, so all else survives.
func TestEditStructure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		framing := anyFraming().Draw(t, "framing")
		b := anyBytes(framing).Draw(t, "message")
		tree := DissectFraming(framing, b)
		var m protocol.Message
		if m.ParseFraming(framing, b) != nil || framing == protocol.DatagramFraming && m.Code == protocol.Empty {
			t.Skip("not well formed")
		}
		var got []byte
		var err error
		edit := rapid.IntRange(0, 5).Draw(t, "edit")
		value := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "value")
		n := protocol.OptionNumber(rapid.Uint16().Draw(t, "number"))
		k := 0
		if len(m.Options) > 0 {
			k = rapid.IntRange(0, len(m.Options)-1).Draw(t, "option")
		} else if edit <= 2 {
			edit = 3
		}
		switch edit {
		case 0:
			got, err = tree.SetOption(k, value)
			m.Options[k].Value = value
		case 1:
			got, err = tree.SetField(tree.Options[k].Field, number(uint64(n)))
			m.Options[k].Number = n
		case 2:
			got, err = tree.RemoveOption(k)
			m.Options = slices.Delete(m.Options, k, k+1)
		case 3:
			got, err = tree.InsertOption(n, value)
			m.Options = m.Options.Add(n, value)
		case 4:
			got, err = tree.SetToken(value)
			m.Token = protocol.TokenOf(value)
		case 5:
			got, err = tree.SetPayload(value)
			m.Payload = value
		}
		if err != nil {
			t.Fatal(err)
		}
		want, err := m.AppendFraming(framing, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("% x: edit %d gives\n% x, not\n% x", b, edit, got, want)
		}
	})
}

func TestSetField(t *testing.T) {
	const udp, tcp = protocol.DatagramFraming, protocol.StreamFraming
	for _, c := range []struct {
		name    string
		framing protocol.Framing
		before  string
		field   Kind
		nth     int // which field of the kind
		was     string
		text    string
		after   string // bytes, or the error
	}{
		{"version", udp, "40010001", Version, 0, "1", "3", "c0010001"},
		{"type", udp, "40010001", MessageType, 0, "CON", "rst", "70010001"},
		{"type by number", udp, "40010001", MessageType, 0, "CON", "2", "60010001"},
		{"no type", udp, "40010001", MessageType, 0, "CON", "4", `Type: CON, NON, ACK or RST is accepted, not "4"`},
		{"token length alone", udp, "41010001aa", TokenLength, 0, "1", "9", "49010001aa"},
		{"no token length", udp, "40010001", TokenLength, 0, "0", "16", `Token length: a number from 0 to 15 is accepted, not "16"`},
		{"code", udp, "40010001", Code, 0, "0.01", "2.05", "40450001"},
		{"code by name", udp, "40010001", Code, 0, "0.01", "ipatch", "40070001"},
		{"no code", udp, "40010001", Code, 0, "0.01", "2.5", `Code: a code from 0.00 to 7.31 is accepted, such as 2.05, or a name such as GET, not "2.5"`},
		{"class", udp, "40010001", CodeClass, 0, "0", "7", "40e10001"},
		{"detail", udp, "40010001", CodeDetail, 0, "1", "31", "401f0001"},
		{"message ID", udp, "40010001", MessageID, 0, "0001", "0xABCD", "4001abcd"},
		{"no message ID", udp, "40010001", MessageID, 0, "0001", "ab", "message ID: four hexadecimal digits are accepted, such as 7d34"},
		{"token", udp, "41010001aab161", Token, 0, "aa", "01 02 03", "43010001010203b161"},
		{"long token", udp, "41010001aab161", Token, 0, "aa", "000102030405060708090a0b0c", "4d01000100000102030405060708090a0b0cb161"},
		{"no token", udp, "41010001aab161", Token, 0, "aa", "a", "token: hexadecimal digits are accepted, two for each byte, such as 0a1b"},
		{"string", udp, "40010001b16101", OptionValue, 0, "a", "temperatures", "40010001bc74656d706572617475726573" + "01"},
		{"string of 13 bytes", udp, "40010001b161", OptionValue, 0, "a", "temperatures1", "40010001bd0074656d70657261747572657331"},
		{"string that is not UTF-8", udp, "40010001b1ff", OptionValue, 0, "0xff", "0xfe", "40010001b1fe"},
		{"string that starts with 0x", udp, "40010001b23078", OptionValue, 0, "0x3078", "x", "40010001b178"},
		{"uint", udp, "40450001c13c213c", OptionValue, 0, "60", "1000", "40450001c203e8213c"},
		{"uint 0", udp, "40450001c13c213c", OptionValue, 0, "60", "0", "40450001c0213c"},
		{"uint with leading zero", udp, "40450001c2003c", OptionValue, 0, "0x003c", "60", "40450001c13c"},
		{"content format by media type", udp, "40450001c13c", OptionValue, 0, "60", "application/json", "40450001c132"},
		{"no content format", udp, "40450001c13c", OptionValue, 0, "60", "json", `Content-Format: a number from 0 to 65535 or a media type that has one is accepted, such as application/cbor, not "json"`},
		{"hop limit has a byte for 0", udp, "40010001d10301", OptionValue, 0, "1", "0", "40010001d10300"},
		{"opaque", udp, "4045000142aabb", OptionValue, 0, "aabb", "cc:dd:ee", "4045000143ccddee"},
		{"unknown", udp, "40010001d10d61", OptionValue, 0, "61", "", "40010001d00d"},
		{"block", udp, "40450001d10a0c", OptionValue, 0, "0/1/256", "300/0/1024", "40450001d20a12c6"},
		{"no block", udp, "40450001d10a0c", OptionValue, 0, "0/1/256", "0/1/100", `Block2: NUM/M/size is accepted, such as 3/1/256: NUM from 0 to 1048575, M 0 or 1, size 16, 32, 64, 128, 256, 512, 1024 or BERT, not "0/1/100"`},
		{"block number that fits", udp, "40450001d10a0c", BlockNum, 0, "0", "15", "40450001d10afc"},
		{"block number that does not", udp, "40450001d10a0c", BlockNum, 0, "0", "16", "40450001d20a010c"},
		{"M", udp, "40450001d10a0c", BlockMore, 0, "1", "0", "40450001d10a04"},
		{"SZX", udp, "40450001d10a0c", BlockSZX, 0, "4", "7", "40450001d10a0f"},
		{"option number, forward", udp, "40010001b16111624163", Option, 0, "11", "15", "40010001c1623161" + "1163"},
		{"option number, back", udp, "40010001b161c162", Option, 1, "23", "1", "400100011162a161"},
		{"option number, delta extended", udp, "40010001b161", Option, 0, "11", "300", "40010001e1001f61"},
		{"no option number", udp, "40010001b161", Option, 0, "11", "65536", `option number: a number from 0 to 65535 is accepted, not "65536"`},
		{"delta alone", udp, "40010001b1610163", OptionDelta, 0, "11", "7", "4001000171610163"},
		{"length alone", udp, "40010001b161", OptionLength, 0, "1", "4", "40010001b461"},
		{"delta extension alone", udp, "40450001d10a0c", OptionDeltaExtension, 0, "10", "255", "40450001d1ff0c"},
		{"option past the end", udp, "40010001b461", Option, 0, "11", "3", "400100013461"},
		{"value past the end", udp, "40010001b461", OptionValue, 0, "61", "6162", "40010001b46162"},
		{"undecodable", udp, "4f010001aabb", Undecodable, 0, "aabb", "cc", "4f010001cc"},
		{"payload", udp, "40450001ff61", Payload, 0, "a", "two words", "40450001ff74776f20776f726473"},
		{"payload in hexadecimal", udp, "40450001ff00", Payload, 0, "0x00", "0x0102", "40450001ff0102"},
		{"no payload", udp, "40450001c0ff61", PayloadGroup, 0, "a", "", "40450001c0"},
		{"payload marker", udp, "40450001ff61", PayloadMarker, 0, "ff", "00", "404500010061"},
		{"Partial IV", udp, "4002000193" + "0901" + "61", OSCOREPartialIV, 0, "01", "0102", "4002000194" + "0a0102" + "61"},
		{"kid context", udp, "4002000194" + "1901" + "01" + "61", OSCOREKidContext, 0, "61", "6263", "4002000195" + "1901" + "02" + "6263"},
		{"kid", udp, "4002000193" + "0901" + "61", OSCOREKid, 0, "61", "", "4002000192" + "0901"},
		{"k", udp, "4002000193" + "0901" + "61", OSCOREKidFlag, 0, "1", "0", "4002000193" + "0101" + "61"},

		{"length alone on TCP", tcp, "2001b161", Length, 0, "2", "15", "f001b161"},
		{"extended length alone", tcp, "d00001bb" + "6161616161616161616161" + "00", LengthExtension, 0, "0", "7", "d00701bb" + "6161616161616161616161" + "00"},
		{"value on TCP", tcp, "2001b161", OptionValue, 0, "a", "bc", "3001b26263"},
		{"long value on TCP", tcp, "2101aab161", OptionValue, 0, "a", "abcdefghijklmnop", "d10501aabd036162636465666768696a6b6c6d6e6f70"},
		{"token on TCP", tcp, "2101aab161", Token, 0, "aa", "bbcc", "2201bbccb161"},
		{"payload on TCP", tcp, "2045ff61", Payload, 0, "a", "", "0045"},
		{"payload on TCP before another message", tcp, "2045ff610001", Payload, 0, "a", "bc", "3045ff62630001"},
		{"value on TCP with a wrong length", tcp, "9001b161", OptionValue, 0, "a", "bc", "9001b26263"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := DissectFraming(c.framing, unhexString(t, c.before))
			i, left := 0, c.nth
			for ; tree.Fields[i].Kind != c.field || left > 0; i++ {
				if tree.Fields[i].Kind == c.field {
					left--
				}
			}
			if text, ok := tree.EditText(i); text != c.was || !ok {
				t.Errorf("the editor starts with %q %v, want %q", text, ok, c.was)
			}
			b, err := tree.SetField(i, c.text)
			if err != nil {
				if err.Error() != c.after {
					t.Errorf("error %q, want %q", err, c.after)
				}
				return
			}
			if want := unhexString(t, c.after); !bytes.Equal(b, want) {
				t.Errorf("% x, want % x", b, want)
			}
		})
	}
}

func TestEditsThatCannotBe(t *testing.T) {
	header := Dissect([]byte{0x40, 1})
	version := Dissect([]byte{0x80, 1, 0, 1})
	token := Dissect([]byte{0x4f, 1, 0, 1, 0})
	broken := Dissect([]byte{0x40, 1, 0, 1, 0x11, 0, 0xb5, 0})
	for name, err := range map[string]error{
		"header is not complete":           second(header.SetToken(nil)),
		"of another version than 1":        second(version.InsertOption(1, nil)),
		"token cannot be read":             second(token.InsertOption(1, nil)),
		"the token length or the token":    second(token.SetPayload([]byte{1})),
		"an option cannot be read":         second(broken.SetPayload([]byte{1})),
		"repair its delta":                 second(broken.SetOption(1, nil)),
		"there is no such option":          second(broken.RemoveOption(2)),
		"edit a part of it":                second(broken.SetField(0, "1")),
		"cannot stand behind option 20":    second(broken.InsertOption(20, nil)),
		"at most 65804 bytes are accepted": second(token.SetToken(make([]byte, 65805))),
		"option 1: at most 65804":          second(Dissect([]byte{0x40, 1, 0, 1}).InsertOption(1, make([]byte, 65805))),
	} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v does not say %q", err, name)
		}
	}
	if b, err := broken.RemoveOption(1); err != nil || !bytes.Equal(b, []byte{0x40, 1, 0, 1, 0x11, 0}) {
		t.Errorf("an option that cannot be read is not removed: % x %v", b, err)
	}
	if b, err := broken.InsertOption(5, nil); err != nil || !bytes.Equal(b, []byte{0x40, 1, 0, 1, 0x11, 0, 0x40, 0x75, 0}) {
		t.Errorf("an option that cannot be read does not keep its number: % x %v", b, err)
	}
}

func second(_ []byte, err error) error { return err }

func TestSetBitAndByte(t *testing.T) {
	tree := Dissect([]byte{0x40, 1, 0, 1})
	for name, c := range map[string]struct{ got, want []byte }{
		"bit 1 off":        {tree.SetBit(1, false), []byte{0, 1, 0, 1}},
		"bit 8 on":         {tree.SetBit(8, true), []byte{0x40, 0x81, 0, 1}},
		"bit 31 on":        {tree.SetBit(31, true), []byte{0x40, 1, 0, 1}},
		"bit outside":      {tree.SetBit(32, true), []byte{0x40, 1, 0, 1}},
		"bit before":       {tree.SetBit(-1, true), []byte{0x40, 1, 0, 1}},
		"byte 3":           {tree.SetByte(3, 0xff), []byte{0x40, 1, 0, 0xff}},
		"byte outside":     {tree.SetByte(4, 0xff), []byte{0x40, 1, 0, 1}},
		"the tree's bytes": {tree.Bytes, []byte{0x40, 1, 0, 1}},
	} {
		if !bytes.Equal(c.got, c.want) {
			t.Errorf("%s: % x, want % x", name, c.got, c.want)
		}
	}
}
