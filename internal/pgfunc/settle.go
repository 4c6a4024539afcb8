package pgfunc

import (
	"errors"
	"fmt"
	"time"
)

// settle makes a date and a time of the fields that were read.
func (m *reading) settle() error {
	if m.iso && m.plain {
		return errors.New("invalid combination of date conventions")
	}
	if err := m.settleTime(); err != nil {
		return err
	}
	m.settleYear()
	if v, ok := m.have["J"]; ok {
		t := time.Unix(int64(v-julianEpoch)*86400, 0).UTC()
		m.year, m.month, m.day = t.Year(), int(t.Month()), t.Day()
		return m.check()
	}
	m.month, m.day = max(m.have["MM"], 0), m.have["DD"]
	if _, ok := m.have["MM"]; !ok {
		m.month = 1
	}
	if _, ok := m.have["DD"]; !ok {
		m.day = 1
	}
	switch {
	case m.iso:
		m.settleWeek()
	default:
		m.settleDay()
	}
	return m.check()
}

func (m *reading) outOfRange() error {
	return fmt.Errorf("date/time field value out of range: %q", m.text)
}

func (m *reading) settleTime() error {
	m.hour, m.minute, m.second, m.usec = m.have["HH"], m.have["MI"], m.have["SS"], m.have["US"]
	if v, ok := m.have["SSSS"]; ok {
		m.hour, m.minute, m.second = v/3600, v%3600/60, v%60
	}
	if _, ok := m.have["HH"]; ok && m.clock12 && (m.hour < 1 || m.hour > 12) {
		return fmt.Errorf("hour %q is invalid for the 12-hour clock", fmt.Sprint(m.hour))
	}
	switch {
	case m.clock12 && m.pm && m.hour < 12:
		m.hour += 12
	case m.clock12 && !m.pm && m.hour == 12:
		m.hour = 0
	}
	if m.hour < 0 || m.hour > 23 || m.minute < 0 || m.minute > 59 || m.second < 0 || m.second > 59 || m.usec >= 1_000_000 {
		return m.outOfRange()
	}
	return nil
}

func (m *reading) settleYear() {
	year, known := m.have["YYYY"]
	cc, century := m.have["CC"]
	switch {
	case known && century && m.have["short"] > 0 && m.have["short"] <= 2:
		if m.bc {
			cc = -cc
		}
		short := year % 100
		switch {
		case cc >= 0 && short == 0:
			year = cc * 100
		case cc >= 0:
			year = (cc-1)*100 + short
		default:
			year = (cc+1)*100 - short + 1
		}
	case known && m.bc && year > 0:
		year = 1 - year
	case known && year < 0 && !m.bc:
		year++
	case century && !known:
		if m.bc {
			cc = -cc
		}
		year = (cc-1)*100 + 1
		if cc < 0 {
			year = cc*100 + 1
		}
	}
	m.year = year
}

// settleDay counts days and weeks of the year or of the month.
func (m *reading) settleDay() {
	if v, ok := m.have["WW"]; ok {
		m.have["DDD"] = (v-1)*7 + 1
	}
	if v, ok := m.have["W"]; ok {
		m.day = (v-1)*7 + 1
	}
	_, month := m.have["MM"]
	_, day := m.have["DD"]
	if v, ok := m.have["DDD"]; ok && v > 0 && (!month || !day) {
		if last := time.Date(m.year, 12, 31, 0, 0, 0, 0, time.UTC).YearDay(); v > last {
			m.month = 13 // no such day
			return
		}
		t := time.Date(m.year, 1, v, 0, 0, 0, 0, time.UTC)
		m.month, m.day = int(t.Month()), t.Day()
	}
}

// settleWeek counts from the Monday of the first ISO week.
func (m *reading) settleWeek() {
	first := time.Date(m.year, 1, 4, 0, 0, 0, 0, time.UTC)
	days := -((int(first.Weekday()) + 6) % 7)
	if v, ok := m.have["IDDD"]; ok {
		days += v - 1
	} else if v, ok := m.have["IW"]; ok {
		days += (v - 1) * 7
		if d, ok := m.have["ID"]; ok {
			days += d - 1
		}
	} else {
		days = -3
	}
	t := first.AddDate(0, 0, days)
	m.year, m.month, m.day = t.Year(), int(t.Month()), t.Day()
}

func (m *reading) check() error {
	if m.month < 1 || m.month > 12 || m.day < 1 || m.year > 294_000 || m.year < -4712 {
		return m.outOfRange()
	}
	t := time.Date(m.year, time.Month(m.month), m.day, 0, 0, 0, 0, time.UTC)
	if t.Day() != m.day {
		return m.outOfRange()
	}
	const halfDay = 15*3600 + 59*60
	if m.offset > halfDay || m.offset < -halfDay {
		return m.outOfRange()
	}
	return nil
}
