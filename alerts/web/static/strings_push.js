// The words of alerts on this phone by push. Between the braces it is plain JSON, too.
import { STRINGS } from "./strings.js";

Object.assign(STRINGS, {
  "push.button": {"zh": "手机警报", "en": "Alerts on this phone"},
  "push.title": {"zh": "在这部手机上接收警报", "en": "Alerts on this phone"},
  "push.note": {"zh": "控制台关闭时也会收到。需要 HTTPS；iPhone 请先把本页“添加到主屏幕”，再从那里打开。消息经浏览器厂商的推送服务加密传送，在中国大陆的部分手机上可能收不到：请发一条测试。", "en": "Also while the console is closed. Needs HTTPS; on an iPhone first add this page to the home screen and open it there. Messages travel encrypted through the browser maker's push service, which some phones in mainland China do not reach: send yourself a test."},
  "push.name": {"zh": "设备名称", "en": "Name of this device"},
  "push.subscribe": {"zh": "开始接收", "en": "Receive alerts here"},
  "push.again": {"zh": "重新订阅", "en": "Subscribe again"},
  "push.this": {"zh": "本机", "en": "this one"},
  "push.test": {"zh": "发测试", "en": "Send a test"},
  "push.remove": {"zh": "移除", "en": "Remove"},
  "push.asking": {"zh": "请在浏览器中允许通知……", "en": "Allow notifications in the browser…"},
  "push.done": {"zh": "{name} 会收到警报。请发一条测试。", "en": "{name} is told of alerts. Send a test."},
  "push.testing": {"zh": "正在发送……", "en": "Sending…"},
  "push.tested": {"zh": "推送服务已接收，几秒内应当响起。", "en": "The push service has taken it: it should sound within seconds."},
  "push.no_worker": {"zh": "浏览器没能装上接收推送的部分：请重新载入页面再试。", "en": "The browser could not set up what receives pushes: load the page again."},
  "push.failed": {"zh": "没有成功：{detail}", "en": "That did not work: {detail}"},
  "push.denied": {"zh": "浏览器不允许本站发送通知：请在浏览器的网站设置中把“通知”改为允许；无痕（隐私）窗口收不到。", "en": "The browser does not allow notifications of this site: set “Notifications” to “Allow” in its site settings; a private window cannot be told."},
  "push.insecure": {"zh": "只有通过 HTTPS（或本机）打开的页面才能接收。", "en": "Only a page that was opened over HTTPS (or on this machine) can be told."},
  "push.unsupported": {"zh": "这个浏览器不支持推送：请换用手机上的另一个浏览器。", "en": "This browser knows no push: use another one on this phone."},
  "push.disabled": {"zh": "已停用：{reason}", "en": "Disabled: {reason}"},
  "push.last": {"zh": "最近一次送达 {at}", "en": "Last reached {at}"},
  "push.never": {"zh": "尚未送达过", "en": "Never reached yet"},
  "push.dismissed": {"zh": "没有选择“允许”：请再点一次，并选择允许通知。", "en": "“Allow” was not chosen: press again, and allow notifications."},
  "push.no_service": {"zh": "浏览器连不上它的推送服务（中国大陆的部分手机上没有）：请换一个网络或浏览器再试。", "en": "The browser cannot reach its push service (some phones in mainland China have none): try another network or browser."},
  "push.ios": {"zh": "iPhone、iPad：先点“分享”，再点“添加到主屏幕”，从主屏幕打开后才能接收。", "en": "On an iPhone or iPad: “Share”, “Add to Home Screen”, and open it from there; only then can it be told."},
  "push.others": {"zh": "电话、短信等其他通知方式照常；不确定能否通知到您时，请问管理员。", "en": "Telephone, message and other channels go on as they are; ask an administrator whether one reaches you."},
  "push.browser_says": {"zh": "浏览器提示：{detail}", "en": "The browser says: {detail}"}
});
