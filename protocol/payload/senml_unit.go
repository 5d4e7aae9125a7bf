package payload

// senmlUnits names the units of SenML (RFC 8428 §12.1, RFC 8798 §3).
var senmlUnits = map[string]string{
	"m": "meter", "kg": "kilogram", "g": "gram", "s": "second", "A": "ampere", "K": "kelvin", "cd": "candela", "mol": "mole",
	"Hz": "hertz", "rad": "radian", "sr": "steradian", "N": "newton", "Pa": "pascal", "J": "joule", "W": "watt", "C": "coulomb",
	"V": "volt", "F": "farad", "Ohm": "ohm", "S": "siemens", "Wb": "weber", "T": "tesla", "H": "henry", "Cel": "degree Celsius",
	"lm": "lumen", "lx": "lux", "Bq": "becquerel", "Gy": "gray", "Sv": "sievert", "kat": "katal", "m2": "square meter",
	"m3": "cubic meter", "l": "liter", "m/s": "meter per second", "m/s2": "meter per square second",
	"m3/s": "cubic meter per second", "l/s": "liter per second", "W/m2": "watt per square meter",
	"cd/m2": "candela per square meter", "bit": "bit", "bit/s": "bit per second", "lat": "degree latitude",
	"lon": "degree longitude", "pH": "acidity", "dB": "decibel", "dBW": "decibel relative to 1 W",
	"Bspl": "bel, sound pressure level", "count": "counter value", "/": "ratio", "%": "ratio", "%RH": "relative humidity",
	"%EL": "remaining battery energy", "EL": "seconds of battery energy remaining", "1/s": "events per second",
	"1/min": "events per minute", "beat/min": "heart rate", "beats": "heart beats", "S/m": "siemens per meter", "B": "byte",
	"VA": "volt-ampere", "VAs": "volt-ampere second", "var": "volt-ampere reactive", "vars": "volt-ampere-reactive second",
	"J/m": "joule per meter", "kg/m3": "kilogram per cubic meter", "deg": "degree, of an angle",
}

// secondaryUnits names the multiples of those, which need feature 4 (RFC 8798 §4, RFC 9100 §4).
var secondaryUnits = map[string]string{
	"ms": "millisecond", "min": "minute", "h": "hour", "MHz": "megahertz", "kW": "kilowatt", "kVA": "kilovolt-ampere",
	"kvar": "kilovar", "Ah": "ampere-hour", "Wh": "watt-hour", "kWh": "kilowatt-hour", "varh": "var-hour",
	"kvarh": "kilovar-hour", "kVAh": "kilovolt-ampere-hour", "Wh/km": "watt-hour per kilometer", "KiB": "kibibyte",
	"GB": "gigabyte", "Mbit/s": "megabit per second", "B/s": "byte per second", "MB/s": "megabyte per second",
	"mV": "millivolt", "mA": "milliampere", "dBm": "decibel relative to 1 mW", "ug/m3": "microgram per cubic meter",
	"mm/h": "millimeter per hour", "m/h": "meter per hour", "ppm": "parts per million", "/100": "percent", "/1000": "permille",
	"hPa": "hectopascal", "mm": "millimeter", "cm": "centimeter", "km": "kilometer", "km/h": "kilometer per hour",
}

// unitText gives a unit to read: as people write it, with its name where that tells more.
func unitText(symbol string) string {
	name, ok := senmlUnits[symbol]
	if !ok {
		name = secondaryUnits[symbol]
	}
	short := unitName(symbol)
	switch {
	case short == "":
		return name
	case name == "" || name == short || short == "°C":
		return short
	}
	return short + " " + name
}
