#include "core/services/protocols/xml.h"

#include <gtest/gtest.h>

namespace fhctl {
namespace xml_test {
namespace {

std::string nested(int levels) {
  std::string text;
  for (int i = 0; i < levels; ++i) text += "<a>";
  for (int i = 0; i < levels; ++i) text += "</a>";
  return text;
}

TEST(Xml, RefusesWhatCannotBeTrusted) {
  EXPECT_TRUE(parse_xml(nested(32), "it"));
  for (const std::string& text :
       {std::string(), std::string("text"), std::string("<a>"), std::string("<a></b>"), std::string("<!-- only -->"),
        std::string("<!DOCTYPE a><a/>"), std::string("<a>&#0;</a>"), std::string("<a>x&#x000;</a>"),
        std::string("<a>x&#4294967296;y</a>"), std::string("<a>&#x110000;</a>"), std::string("<a>&#xFFFFFFFFFF;</a>"),
        std::string("<a>\0</a>", 8), nested(33), nested(100'000)}) {
    Result<XmlDocument> document = parse_xml(text, "the answer");
    ASSERT_FALSE(document) << text.substr(0, 40);
    EXPECT_EQ(document.error().kind, ErrorKind::kProtocol);
    EXPECT_EQ(document.error().message.substr(0, 10), "the answer");
  }
  EXPECT_TRUE(parse_xml("<a>&#10;&#x0A0;&#x10FFFF;</a>", "it"));  // zeros in front of other digits
  EXPECT_TRUE(parse_xml("<a>&#;&#x;&#0x;&#-0;&#0</a>", "it"));    // no references
}

TEST(Xml, ReadsByLocalNames) {
  Result<XmlDocument> document = parse_xml(
      "\xEF\xBB\xBF<?xml version=\"1.0\"?><s:r xmlns:s=\"u\"><s:k>a<!-- c -->b"
      "<![CDATA[<]]></s:k><k>2</k><e/></s:r>",
      "it");
  ASSERT_TRUE(document);
  pugi::xml_node root = (*document)->document_element();
  EXPECT_EQ(local_name(root), "r");
  EXPECT_EQ(child_text(root, "k"), "ab<");
  EXPECT_EQ(child_elements(root, "k").size(), 2u);
  EXPECT_EQ(child_text(root, "e"), "");
  EXPECT_EQ(child_text(root, "none"), std::nullopt);
  EXPECT_EQ(child_text(child_element(root, "none"), "k"), std::nullopt);
}

TEST(Xml, WritesWhatReadersGiveBack) {
  XmlDocument document = new_xml_document();
  append_text(document->append_child("r"), "k", "<&>\r\n\"\xC3\xA9");
  EXPECT_EQ(xml_text(*document), "<r><k>&lt;&amp;&gt;&#13;\n\"\xC3\xA9</k></r>");
  Result<XmlDocument> again = parse_xml(xml_text(*document), "it");
  ASSERT_TRUE(again);
  EXPECT_EQ(child_text((*again)->document_element(), "k"), "<&>\r\n\"\xC3\xA9");
}

TEST(Xml, AReturnInASectionSurvivesBeingWritten) {
  Result<XmlDocument> document = parse_xml("<r><k>a<![CDATA[<b\r>]]>c</k><k><![CDATA[d\re]]></k></r>", "it");
  ASSERT_TRUE(document);
  const std::string text = xml_text((*document)->document_element());
  EXPECT_EQ(text, "<r><k>a&lt;b&#13;&gt;c</k><k>d&#13;e</k></r>");
  Result<XmlDocument> again = parse_xml(text, "it");
  ASSERT_TRUE(again);
  EXPECT_EQ(child_text((*again)->document_element(), "k"), "a<b\r>c");
}

}  // namespace
}  // namespace xml_test
}  // namespace fhctl
