package protocol_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"coapscope/protocol"
)

// table reads a CSV file of testdata as rows by column name.
func table(t *testing.T, name string) []map[string]string {
	t.Helper()
	file, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]map[string]string, 0, len(records)-1)
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, value := range record {
			row[records[0][i]] = value
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		t.Fatalf("%s has no rows", name)
	}
	return rows
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// section drops the paragraph sign of a reference: the tables write "RFC 7252 5.8.1".
func section(reference string) string { return strings.ReplaceAll(reference, "§", "") }

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestOptionRegistry(t *testing.T) {
	rows := table(t, "options.csv")
	infos := protocol.OptionTable()
	if len(infos) != len(rows) {
		t.Errorf("registry has %d options, the table %d", len(infos), len(rows))
	}
	seen := map[protocol.OptionNumber]bool{}
	for i, row := range rows {
		n := protocol.OptionNumber(atoi(t, row["number"]))
		seen[n] = true
		info := n.Lookup(protocol.GET)
		if info == nil {
			t.Errorf("option %d is missing", n)
			continue
		}
		if i < len(infos) && infos[i].Number != n {
			t.Errorf("row %d is option %d, not %d", i, infos[i].Number, n)
		}
		noCacheKey := ""
		if !n.Unsafe() {
			noCacheKey = yesNo(n.NoCacheKey())
		} else if n.NoCacheKey() {
			t.Errorf("%s is unsafe and NoCacheKey", info.Name)
		}
		repeatable := map[protocol.Context]string{
			0: "no", protocol.InRequest: "request only", protocol.InRequest | protocol.InResponse: "yes",
		}[info.Repeatable]
		context := map[protocol.Context]string{
			protocol.InRequest: "request", protocol.InResponse: "response", protocol.InRequest | protocol.InResponse: "both",
		}[info.In]
		got := []string{
			strconv.Itoa(int(info.Number)), info.Name, yesNo(n.Critical()), yesNo(n.Unsafe()), noCacheKey, repeatable,
			info.Format.String(), strconv.Itoa(info.MinLen), strconv.Itoa(info.MaxLen), info.Default, context, section(info.Reference),
		}
		for c, column := range []string{
			"number", "name", "critical", "unsafe", "no_cache_key", "repeatable", "format", "min_len", "max_len", "default", "context", "reference",
		} {
			if got[c] != row[column] {
				t.Errorf("option %d, %s: %q, want %q", n, column, got[c], row[column])
			}
		}
		if info.Code != protocol.Empty {
			t.Errorf("option %d belongs to code %s", n, info.Code)
		}
		if n.String() != row["name"] {
			t.Errorf("option %d is called %q, want %q", n, n, row["name"])
		}
	}
	for n := range 1 << 16 {
		number := protocol.OptionNumber(n)
		if info := number.Lookup(protocol.Content); (info != nil) != seen[number] {
			t.Errorf("Lookup of %d: %v", n, info)
		}
		if !seen[number] && number.String() != strconv.Itoa(n) {
			t.Errorf("option %d is called %q", n, number)
		}
	}
}

// RFC 7252 §5.4.6, figure 11: the mask 0x1e has the value 0x1c for NoCacheKey.
func TestOptionNumberBits(t *testing.T) {
	for n := range 1 << 16 {
		number := protocol.OptionNumber(n)
		critical, unsafe := n%2 == 1, n/2%2 == 1
		noCacheKey := !unsafe && n/4%8 == 7
		if number.Critical() != critical || number.Unsafe() != unsafe || number.NoCacheKey() != noCacheKey {
			t.Fatalf("option %d: critical %t, unsafe %t, NoCacheKey %t", n, number.Critical(), number.Unsafe(), number.NoCacheKey())
		}
	}
}

func TestSignalingOptionRegistry(t *testing.T) {
	rows := table(t, "signaling-options.csv")
	infos := protocol.SignalingOptionTable()
	if len(infos) != len(rows) {
		t.Fatalf("registry has %d options, the table %d", len(infos), len(rows))
	}
	known := map[string]bool{}
	for i, row := range rows {
		info := &infos[i]
		got := []string{
			info.Code.Dotted(), strconv.Itoa(int(info.Number)), info.Name, info.Format.String(), strconv.Itoa(info.MinLen),
			strconv.Itoa(info.MaxLen), info.Default, yesNo(info.Repeatable == protocol.InSignaling), section(info.Reference),
		}
		for c, column := range []string{"code", "number", "name", "format", "min_len", "max_len", "default", "repeatable", "reference"} {
			if got[c] != row[column] {
				t.Errorf("row %d, %s: %q, want %q", i, column, got[c], row[column])
			}
		}
		if info.In != protocol.InSignaling {
			t.Errorf("%s: context %d", info.Name, info.In)
		}
		if found := info.Number.Lookup(info.Code); found != info {
			t.Errorf("Lookup(%d in %s) = %v", info.Number, info.Code, found)
		}
		known[fmt.Sprint(info.Code, info.Number)] = true
	}
	for class := range 32 {
		code := protocol.MakeCode(7, uint8(class))
		for n := range protocol.OptionNumber(600) {
			if got := n.Lookup(code) != nil; got != known[fmt.Sprint(code, n)] {
				t.Errorf("Lookup(%d in %s) found: %t", n, code, got)
			}
		}
	}
}

func TestCodeRegistry(t *testing.T) {
	rows := table(t, "codes.csv")
	infos := protocol.Codes()
	if len(infos) != len(rows) {
		t.Fatalf("registry has %d codes, the table %d", len(infos), len(rows))
	}
	known := map[protocol.Code]bool{}
	for i, row := range rows {
		info := infos[i]
		if info.Code.Dotted() != row["code"] || info.Name != row["name"] {
			t.Errorf("row %d is %s %s, want %s %s", i, info.Code.Dotted(), info.Name, row["code"], row["name"])
		}
		// The table names RFCs and few sections; the registry has a section for each.
		for _, word := range strings.Split(row["reference"], " and ") {
			if want := word; !strings.HasPrefix(section(info.Reference), want) && !strings.Contains(row["reference"], " and ") {
				t.Errorf("%s: reference %q, want %q", info.Name, info.Reference, want)
			}
		}
		if !strings.Contains(info.Reference, "§") {
			t.Errorf("%s: reference %q has no section", info.Name, info.Reference)
		}
		if got, ok := info.Code.Info(); !ok || got != info {
			t.Errorf("%s: Info() = %v, %t", row["code"], got, ok)
		}
		if want := row["code"] + " " + row["name"]; info.Code.String() != want {
			t.Errorf("String() = %q, want %q", info.Code, want)
		}
		short := row["code"]
		if strings.HasPrefix(short, "0.") && short != "0.00" {
			short = row["name"]
		}
		if info.Code.Short() != short {
			t.Errorf("Short() = %q, want %q", info.Code.Short(), short)
		}
		known[info.Code] = true
	}
	for i := range 256 {
		code := protocol.Code(i)
		if _, ok := code.Info(); ok != known[code] {
			t.Errorf("Info of %s: %t", code, ok)
		}
		dotted := fmt.Sprintf("%d.%02d", i/32, i%32)
		if code.Dotted() != dotted || !known[code] && (code.String() != dotted || code.Short() != dotted) {
			t.Errorf("code %d is written %q, %q, %q", i, code.Dotted(), code, code.Short())
		}
	}
}

func TestContentFormatRegistry(t *testing.T) {
	rows := table(t, "content-formats.csv")
	infos := protocol.ContentFormats()
	if len(infos) != len(rows) {
		t.Fatalf("registry has %d formats, the table %d", len(infos), len(rows))
	}
	known := map[protocol.ContentFormat]bool{}
	for i, row := range rows {
		want := protocol.ContentFormatInfo{
			Number:    protocol.ContentFormat(atoi(t, row["id"])),
			MediaType: row["media_type"], Coding: row["content_coding"], Reference: row["reference"],
		}
		if infos[i] != want {
			t.Errorf("row %d is %v, want %v", i, infos[i], want)
		}
		if got, ok := want.Number.Info(); !ok || got != want {
			t.Errorf("%d: Info() = %v, %t", want.Number, got, ok)
		}
		text := want.MediaType
		if want.Coding != "" {
			text += " (" + want.Coding + ")"
		}
		if got := want.Number.String(); got != text {
			t.Errorf("%d: String() = %q, want %q", want.Number, got, text)
		}
		known[want.Number] = true
	}
	for n := range 1 << 16 {
		format := protocol.ContentFormat(n)
		if known[format] {
			continue
		}
		if info, ok := format.Info(); ok || info.Number != format || format.String() != strconv.Itoa(n) {
			t.Fatalf("unregistered %d: %v, %t, %q", n, info, ok, format)
		}
	}
	for format, want := range map[protocol.ContentFormat]string{
		protocol.TextPlain: "text/plain; charset=utf-8", protocol.LinkFormat: "application/link-format", protocol.XML: "application/xml",
		protocol.OctetStream: "application/octet-stream", protocol.JSON: "application/json", protocol.CBOR: "application/cbor",
		protocol.MultipartCore: "application/multipart-core", protocol.CBORSequence: "application/cbor-seq",
		protocol.SenMLJSON: "application/senml+json", protocol.SenMLCBOR: "application/senml+cbor",
		protocol.ConciseProblemDetails: "application/concise-problem-details+cbor",
	} {
		if format.String() != want {
			t.Errorf("%d is %q, want %q", format, format, want)
		}
	}
}

func TestTransmissionParameters(t *testing.T) {
	p := protocol.DefaultTransmission()
	got := map[string]string{
		"ACK_TIMEOUT":              strconv.FormatFloat(p.AckTimeout.Seconds(), 'f', -1, 64),
		"ACK_RANDOM_FACTOR":        strconv.FormatFloat(p.AckRandomFactor, 'f', -1, 64),
		"MAX_RETRANSMIT":           strconv.Itoa(p.MaxRetransmit),
		"NSTART":                   strconv.Itoa(p.NStart),
		"DEFAULT_LEISURE":          strconv.FormatFloat(p.DefaultLeisure.Seconds(), 'f', -1, 64),
		"PROBING_RATE":             strconv.FormatFloat(p.ProbingRate, 'f', -1, 64),
		"MAX_TRANSMIT_SPAN":        strconv.FormatFloat(p.MaxTransmitSpan().Seconds(), 'f', -1, 64),
		"MAX_TRANSMIT_WAIT":        strconv.FormatFloat(p.MaxTransmitWait().Seconds(), 'f', -1, 64),
		"MAX_LATENCY":              strconv.FormatFloat(p.MaxLatency.Seconds(), 'f', -1, 64),
		"PROCESSING_DELAY":         strconv.FormatFloat(p.ProcessingDelay().Seconds(), 'f', -1, 64),
		"MAX_RTT":                  strconv.FormatFloat(p.MaxRTT().Seconds(), 'f', -1, 64),
		"EXCHANGE_LIFETIME":        strconv.FormatFloat(p.ExchangeLifetime().Seconds(), 'f', -1, 64),
		"NON_LIFETIME":             strconv.FormatFloat(p.NonLifetime().Seconds(), 'f', -1, 64),
		"COAP_PORT":                strconv.Itoa(protocol.Port),
		"COAPS_PORT":               strconv.Itoa(protocol.SecurePort),
		"ALL_COAP_NODES_V4":        protocol.AllNodesIPv4.String(),
		"ALL_COAP_NODES_V6_LINK":   protocol.AllNodesIPv6LinkLocal.String(),
		"ALL_COAP_NODES_V6_REALM":  protocol.AllNodesIPv6Realm.String(),
		"ALL_COAP_NODES_V6_SITE":   protocol.AllNodesIPv6SiteLocal.String(),
		"OBSERVE_FRESHNESS_WINDOW": strconv.FormatFloat(protocol.ObserveFreshnessWindow.Seconds(), 'f', -1, 64),
	}
	rows := table(t, "transmission.csv")
	if len(rows) != len(got) {
		t.Errorf("the table has %d parameters, the test %d", len(rows), len(got))
	}
	for _, row := range rows {
		if got[row["parameter"]] != row["default"] {
			t.Errorf("%s = %q, want %q", row["parameter"], got[row["parameter"]], row["default"])
		}
	}
	// RFC 7252 §4.8.2 derives them; other parameters give other times.
	p.AckTimeout, p.AckRandomFactor, p.MaxRetransmit = 1e9, 1, 2
	if span, wait := p.MaxTransmitSpan().Seconds(), p.MaxTransmitWait().Seconds(); span != 3 || wait != 7 {
		t.Errorf("span %v, wait %v, want 3, 7", span, wait)
	}
}
